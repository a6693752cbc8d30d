// The rows of a job on its way from enqueued to completed, written as fast as the driver goes. Whoever calls holds the
// transaction.

export const [ready, running, completed] = [3, 5, 7]
/** Rows of one insert: more make it no faster. */
const together = 16

export function rowsOn(db) {
  const { queue, task, lane, holder } = namesOn(db)
  const { lastSeq, addJobs, addTickets, addAttempts, addHistory, count, head, start, drop } = statementsOn(db)
  let calls = 0
  return {
    enqueue(list) {
      const now = Date.now()
      const { seq } = lastSeq.get()
      const sortKey = now + 5 * 60_000
      addJobs(
        list.map((data, i) => [seq + 1 + i, newId(now), task, queue, 1, 5, 10, now, JSON.stringify(data)]),
      )
      addTickets(list.map((_, i) => [seq + 1 + i, ready, queue, lane, sortKey, now]))
      count.run(queue, ready, list.length)
    },
    claim(limit) {
      const jobs = JSON.parse(head.get(lane, limit).json)
      if (jobs.length === 0) return []
      start.run(holder, ++calls, Date.now(), JSON.stringify(jobs.map(([seq]) => seq)))
      count.run(queue, ready, -jobs.length)
      count.run(queue, running, jobs.length)
      return jobs.map(([seq, text]) => ({ seq, payload: text }))
    },
    settle(jobs) {
      if (jobs.length === 0) return
      const now = Date.now()
      const seqs = JSON.stringify(jobs.map((job) => job.seq))
      addAttempts.run(seqs, now, 'complete:2:1vzfk1v')
      addHistory.run(seqs, now)
      drop.run(seqs)
      count.run(queue, running, -jobs.length)
      count.run(queue, completed, jobs.length)
    },
  }
}

/** The numbers that stand for the queue, the task and the worker in every row. */
function namesOn(db) {
  const idOf = (table, name) =>
    db
      .prepare(
        `insert into ${table} (name) values (?1) on conflict (name) do update set name = ?1 returning id`,
      )
      .get(name).id
  const runner = db.prepare(`insert into legwork_runner (worker, ran_on) values (?, 'bench') returning id`)
  const [queue, task] = [idOf('legwork_queue', 'default'), idOf('legwork_task', 'bench.noop')]
  const lane = db.prepare(`insert into legwork_lane (queue_id, task_id, version) values (?1, ?2, 1)
    on conflict (queue_id, task_id, version, kind) do update set version = 1 returning id`)
  return { queue, task, lane: lane.get(queue, task).id, holder: runner.get(newId(Date.now())).id }
}

const jobColumns = 'seq, id, task_id, queue_id, version, priority, max_attempts, created_at_ms, payload'
const ticketColumns = 'seq, state, queue_id, lane_id, sort_key, available_at_ms'
const attemptColumns = 'seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms, digest'
const historyColumns = `seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt,
  failures, losses, snoozes, releases`

function statementsOn(db) {
  return {
    lastSeq: db.prepare('select coalesce(max(seq), 0) as seq from legwork_job'),
    addJobs: inserter(db, 'legwork_job', jobColumns),
    addTickets: inserter(db, 'legwork_ticket', ticketColumns),
    addAttempts: db.prepare(`insert into legwork_attempt (${attemptColumns})
      select seq, fence, attempt, holder_id, 0, started_at_ms, ?2, ?3 from legwork_ticket
      where seq in (select value from json_each(?1))`),
    addHistory: db.prepare(`insert into legwork_history (${historyColumns})
      select seq, ${completed}, queue_id, available_at_ms, ?2, ?2 + 86400000, fence, attempt, failures, losses, snoozes,
        releases from legwork_ticket where seq in (select value from json_each(?1))`),
    count: db.prepare(`insert into legwork_tally (queue_id, state, n) values (?1, ?2, ?3)
      on conflict (queue_id, state) do update set n = n + ?3`),
    head: db.prepare(`select json_group_array(json_array(seq, payload)) as json from (
      select t.seq, j.payload
      from legwork_ticket t indexed by legwork_ticket_ready cross join legwork_job j on j.seq = t.seq
      where t.state = ${ready} and t.lane_id = ?1 order by t.sort_key, t.seq limit ?2)`),
    start: db.prepare(`update legwork_ticket set state = ${running}, fence = fence + 1, attempt = attempt + 1,
      holder_id = ?1, call = ?2, started_at_ms = ?3 where seq in (select value from json_each(?4))`),
    drop: db.prepare('delete from legwork_ticket where seq in (select value from json_each(?1))'),
  }
}

/** Inserts rows, several in one statement. */
function inserter(db, table, columns) {
  const row = `(${columns
    .split(',')
    .map(() => '?')
    .join(', ')})`
  const into = `insert into ${table} (${columns}) values`
  const many = db.prepare(`${into} ${new Array(together).fill(row).join(', ')}`)
  const one = db.prepare(`${into} ${row}`)
  return (rows) => {
    let done = 0
    for (; rows.length - done >= together; done += together)
      many.run(...rows.slice(done, done + together).flat())
    for (; done < rows.length; done++) one.run(...rows[done])
  }
}

/** As long as Legwork's, and rising with time as they do. */
export const newId = (now) =>
  now.toString(32).padStart(10, '0') +
  (minted++ % 32 ** 6).toString(32).padStart(6, '0') +
  Math.random().toString(32).slice(2, 12).padEnd(10, '0')
let minted = 0
