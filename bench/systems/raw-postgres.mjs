// What the server could do: the rows that Legwork writes for a job that completes at its first attempt, in Legwork's own
// tables with their indexes, in batches of the size that Legwork uses, one prepared statement a batch, with no queue around it.
// test/life/bench-postgres.test.ts checks that the rows are the same.
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { postgres } from '../../dist/stores/postgres/index.js'
import { postgresDurability } from './postgres-durability.mjs'
import { newId } from './raw-rows.mjs'
import { sharing } from './sharing.mjs'

/** As many as a worker of Legwork claims ahead at most. */
const claimBatch = 1_000
/** What the functions of Legwork set for themselves. */
const settings =
  '-c search_path=legwork -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off ' +
  '-c enable_bitmapscan=off -c jit=off -c plan_cache_mode=force_generic_plan'

export async function open({ url }) {
  await makeTables(url)
  const pool = new pg.Pool({ connectionString: url, max: 2, options: settings })
  const names = await namesOn(pool)
  const run = async (name, values) => (await pool.query({ name, text: statements[name], values })).rows
  const enqueueMany = (list) => {
    const now = Date.now()
    const columns = [list.map(() => newId(now)), list.map((data) => JSON.stringify(data))]
    return run('enqueue', [...columns, now, names.task, names.queue, names.lane])
  }
  /** Ends these jobs and takes others. */
  const exchange = (seqs, limit) =>
    run('exchange', [seqs, limit, Date.now(), names.queue, names.lane, names.holder])
  return {
    durability: () => postgresDurability(pool),
    enqueue: sharing(enqueueMany),
    enqueueMany,
    startWorker: async ({ onJob }) => startWorker(exchange, onJob),
    claimer: async () => ({
      claim: async (limit) => (await exchange([], limit)).length,
      release: () => pool.query('update ticket set state = 3 where (state = 5) is true'),
    }),
    close: () => pool.end(),
  }
}

const statements = {
  enqueue: `with x as materialized (
      select nextval('job_seq_seq') as seq, id, payload from unnest($1::text[], $2::text[]) as u(id, payload)
    ), said as (
      insert into job (seq, created_at_ms, task_id, queue_id, version, max_attempts, priority, id, payload)
      select seq, $3::bigint, $4::int, $5::int, 1, 10, 5, id, payload from x
    ), stood as (
      insert into ticket (seq, sort_key, available_at_ms, queue_id, lane_id, state)
      select seq, $3::bigint + 300000, $3::bigint, $5::int, $6::int, 3 from x
    )
    insert into tally_change (queue_id, state, n) select $5::int, s, cardinality($1::text[]) from (values (3), (20)) as v(s)`,
  exchange: `with gone as (
      delete from ticket where seq = any($1::bigint[])
      returning seq, queue_id, available_at_ms, fence, attempt, failures, losses, snoozes, releases, started_at_ms
    ), kept as (
      insert into history (seq, state, queue_id, available_at_ms, finished_at_ms, fence, attempt, failures, losses, snoozes, releases, ending, holder_id, started_at_ms)
      select seq, 7, queue_id, available_at_ms, $3::bigint, fence, attempt, failures, losses, snoozes, releases, nextval('attempt_id_seq'), $6::int, started_at_ms from gone
      returning seq, ending
    ), told as (
      insert into endings (last_id, expires_at_ms, seqs)
      select max(ending), $3::bigint + 86400000, array_agg(seq order by ending) from kept group by ending / 200
    ), taken as (
      update ticket set state = 5, fence = fence + 1, attempt = attempt + 1, holder_id = $6::int, call = 1, started_at_ms = $3::bigint
      where ctid = any(array(
        select ctid from ticket where lane_id = $5::int and state = 3 order by sort_key, seq limit $2::int for update skip locked))
      returning seq, sort_key
    ), counted as (
      insert into tally_change (queue_id, state, n)
      select $4::int, s, n from (
        select 5, -count(*) from gone union all select 7, count(*) from gone union all select 21, count(*) from gone
        union all select 3, -count(*) from taken union all select 5, count(*) from taken) as v(s, n)
      where n <> 0
    )
    select t.seq::text, j.payload from (select * from taken order by sort_key, seq) t
    cross join lateral (select payload from job where seq = t.seq limit 1) j`,
}

/** Legwork makes them, so that they are what they are in this version. */
async function makeTables(url) {
  const store = postgres({ url, max: 1 })
  await store.open()
  await store.close()
}

/** The numbers that stand for the queue, the task and the worker in every row. */
async function namesOn(pool) {
  const { rows: names } = await pool.query(
    `select queue, task, lane from lane_of('default', 'bench.noop', 1, 0)`,
  )
  const { rows: runners } = await pool.query(
    `insert into runner (worker, ran_on) values ($1, 'bench') returning id as holder`,
    [newId(Date.now())],
  )
  return { ...names[0], ...runners[0] }
}

/** The next batch comes while the jobs of this one run. */
function startWorker(exchange, onJob) {
  let isOver = false
  const working = (async () => {
    let [done, claimed] = [[], await exchange([], claimBatch)]
    while (claimed.length > 0 || done.length > 0 || !isOver) {
      const next = exchange(done, isOver ? 0 : claimBatch)
      await Promise.all(claimed.map(async ({ payload }) => onJob(JSON.parse(payload))))
      done = claimed.map(({ seq }) => seq)
      claimed = await next
      // Others must have their turn, and there is no bell here.
      if (done.length === 0 && claimed.length === 0) await wait(1)
    }
  })()
  working.catch((error) => console.error(error))
  return {
    async stop() {
      isOver = true
      await working
    },
  }
}
