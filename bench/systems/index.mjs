// The systems: what they are, on which engine, which adapter drives them, and what the probe asks their tables: whether all is
// done, how many jobs are settled, and the same from whatever the system counts by itself, for looking often.

const plainjob = {
  engine: 'sqlite',
  adapter: 'plainjob',
  kind: 'peer',
  file: 'plainjob.db',
  isDrained: 'select not exists (select 1 from plainjob_jobs where status in (0, 1)) as yes',
  settled: 'select count(*) as n from plainjob_jobs where status = 2',
  counted: 'select count(*) as n from plainjob_jobs where status = 2',
}
const ours = {
  engine: 'sqlite',
  file: 'jobs.db',
  isDrained: 'select not exists (select 1 from legwork_ticket) as yes',
  settled: 'select count(*) as n from legwork_history where state = 7',
  counted: 'select coalesce(sum(n), 0) as n from legwork_tally where state = 7',
}
const oursOnPostgres = {
  engine: 'postgres',
  schema: 'legwork',
  // By the key, for the table begins with all the rows that are gone.
  isDrained: 'select (select seq from legwork.ticket order by seq limit 1) is null',
  settled: 'select count(*) from legwork.history where state = 7',
  counted: 'select count(*) from legwork.history where state = 7',
}
/** Peers take this much of the jobs of a workload, or a run takes an hour. */
const aThird = 0.3

export const systems = {
  legwork: {
    ...ours,
    adapter: 'legwork',
    kind: 'ours',
    about: 'this build, its SQLite store with everything on, power-safe (synchronous=FULL)',
  },
  'raw-sqlite': {
    ...ours,
    adapter: 'raw-sqlite',
    kind: 'raw',
    about: 'the rows that Legwork writes, in its tables, in batches as large, without any semantics (FULL)',
  },
  plainjob: {
    ...plainjob,
    about: 'plainjob on better-sqlite3, as it sets itself up (synchronous=NORMAL), polling every 5 ms',
  },
  'plainjob:full': {
    ...plainjob,
    variant: 'full',
    kind: 'variant',
    /** Of the jobs of a workload: two commits a job take their time. */
    scale: 0.1,
    about: 'the same with synchronous=FULL, hence as durable as Legwork',
  },
  'legwork-postgres': {
    ...oursOnPostgres,
    adapter: 'legwork',
    kind: 'ours',
    about: 'this build, its Postgres store with everything on',
  },
  'raw-postgres': {
    ...oursOnPostgres,
    adapter: 'raw-postgres',
    kind: 'raw',
    about:
      'the rows that Legwork writes, in its tables, one prepared statement a batch as large, without any semantics',
  },
  'graphile-worker': {
    engine: 'postgres',
    adapter: 'graphile-worker',
    kind: 'peer',
    schema: 'graphile_worker',
    scale: aThird,
    isDrained: 'select (select id from graphile_worker._private_jobs order by id limit 1) is null',
    counted: `select coalesce(last_value, 0) - (select count(*) from graphile_worker._private_jobs)
      from pg_sequences where schemaname = 'graphile_worker' and sequencename = '_private_jobs_id_seq1'`,
    about:
      'graphile-worker with its local queue of 500 and batched completion, as in its own performance test',
  },
  'pg-boss': {
    engine: 'postgres',
    adapter: 'pg-boss',
    kind: 'peer',
    schema: 'pgboss',
    scale: aThird,
    isDrained: `select not exists (select 1 from pgboss.job where name = 'bench' and state < 'completed')`,
    settled: `select count(*) from pgboss.job where name = 'bench' and state = 'completed'`,
    counted: `select count(*) from pgboss.job where name = 'bench' and state = 'completed'`,
    about: 'pg-boss with batches of 500 and notifications',
  },
  'bullmq-postgres': {
    engine: 'postgres',
    adapter: 'bullmq-postgres',
    kind: 'peer',
    schema: 'bullmq',
    scale: 0.1,
    isDrained: `select not exists (select 1 from bullmq.job where state in ('waiting', 'active', 'delayed'))`,
    counted: `select count(*) from bullmq.job where state = 'completed'`,
    about: 'BullMQ on its Postgres backend, done jobs removed',
  },
  'legwork-redis': {
    engine: 'redis',
    adapter: 'legwork',
    kind: 'ours',
    about: 'this build, its Redis store with everything on',
  },
  'raw-redis': {
    engine: 'redis',
    adapter: 'raw-redis',
    kind: 'raw',
    about: 'scripts that write what Legwork writes, in batches as large, without any semantics',
  },
  bullmq: {
    engine: 'redis',
    adapter: 'bullmq',
    kind: 'peer',
    scale: aThird,
    about: 'BullMQ with auto pipelining, done jobs removed: its fastest',
  },
  'bee-queue': {
    engine: 'redis',
    adapter: 'bee-queue',
    kind: 'peer',
    scale: aThird,
    about: 'bee-queue without events and stored jobs, as its own page on speed says',
  },
}

export const systemsOf = (engine) => Object.keys(systems).filter((name) => systems[name].engine === engine)
