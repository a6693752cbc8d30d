// The systems: what they are, which adapter drives them, and what the probe asks their file: whether all is done, how many
// jobs are settled, and the same from whatever the system counts by itself, for looking often.

const plainjob = {
  adapter: 'plainjob',
  kind: 'peer',
  file: 'plainjob.db',
  isDrained: 'select not exists (select 1 from plainjob_jobs where status in (0, 1)) as yes',
  settled: 'select count(*) as n from plainjob_jobs where status = 2',
  counted: 'select count(*) as n from plainjob_jobs where status = 2',
}
const ours = {
  file: 'jobs.db',
  isDrained: 'select not exists (select 1 from legwork_ticket) as yes',
  settled: 'select count(*) as n from legwork_history where state = 7',
  counted: 'select coalesce(sum(n), 0) as n from legwork_tally where state = 7',
}

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
}
