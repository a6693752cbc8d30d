// The workloads as data: which stage measures them, how large they are, which figure counts, and the targets.
// `quick` is what changes for a first impression. Targets are by engine; a ratio is taken in one run.
import * as stages from './stages.mjs'

/** Peers that hand out jobs only to workers of their own. */
const noClaimer = ['graphile-worker', 'pg-boss', 'bullmq-postgres', 'bullmq', 'bee-queue']
const rate = { name: 'rate', unit: 'jobs/s', better: 'more' }
const share = { of: 'raw', atLeast: 0.6 }
const redisShare = { of: 'raw', atLeast: 0.5 }
const idleTargets = [{ atMost: 1 }, { figure: 'cpuPercent', atMost: 2 }, { figure: 'rssMb', atMost: 80 }]
/** At least so many times the best peer of each engine. */
const times = (sqlite, postgres, redis) => ({
  sqlite: [{ of: 'peer', atLeast: sqlite }, share],
  postgres: [{ of: 'peer', atLeast: postgres }, share],
  redis: [{ of: 'peer', atLeast: redis }, redisShare],
})
const withoutRaw = (targets) =>
  Object.fromEntries(
    Object.entries(targets).map(([engine, all]) => [engine, all.filter(({ of }) => of !== 'raw')]),
  )
/** The same bound on every engine, or on each its own. */
const atMost = (sqlite, postgres = sqlite, redis = sqlite) => ({
  sqlite: [{ atMost: sqlite }],
  postgres: [{ atMost: postgres }],
  redis: [{ atMost: redis }],
})

export const workloads = {
  enq1: {
    title: 'enqueue, one awaited at a time',
    stage: stages.enqueue,
    how: { command: 'enqueueOne', jobs: 3_000 },
    quick: { jobs: 1_000 },
    figure: rate,
  },
  enq100: {
    title: 'enqueue, 100 in flight',
    stage: stages.enqueue,
    how: { command: 'enqueueInFlight', jobs: 100_000, width: 100 },
    quick: { jobs: 50_000 },
    figure: rate,
    targets: times(3, 20, 1.5),
  },
  bulk: {
    title: 'enqueue, 1,000 a call',
    stage: stages.enqueue,
    how: { command: 'enqueueBulk', jobs: 200_000, size: 1_000, warm: 1_000 },
    quick: { jobs: 50_000 },
    figure: rate,
    targets: times(0.7, 1.3, 2),
  },
  proc1: {
    title: 'process waiting jobs, concurrency 1',
    stage: stages.drain,
    how: { jobs: 200_000, concurrency: 1 },
    quick: { jobs: 60_000 },
    figure: rate,
    targets: times(6, 2, 4),
  },
  proc100: {
    title: 'process waiting jobs, concurrency 100',
    stage: stages.drain,
    how: { jobs: 200_000, concurrency: 100 },
    quick: { jobs: 60_000 },
    figure: rate,
    targets: times(6, 2, 4),
  },
  proc2x: {
    title: 'process waiting jobs, 2 processes of 100',
    stage: stages.drain,
    how: { jobs: 200_000, concurrency: 100, workers: 2 },
    quick: { jobs: 60_000 },
    figure: rate,
    targets: withoutRaw(times(6, 2, 3)),
  },
  flow: {
    title: 'producer and worker together',
    stage: stages.flow,
    how: { jobs: 50_000, width: 100, concurrency: 100 },
    quick: { jobs: 20_000 },
    figure: rate,
    targets: withoutRaw(times(5, 25, 4)),
  },
  lat1000: {
    title: 'enqueue to start at 1,000/s, p99',
    stage: stages.latency,
    how: { perSecond: 1_000, seconds: 5, concurrency: 10 },
    quick: { seconds: 2 },
    without: ['raw'],
    figure: { name: 'p99Ms', unit: 'ms', better: 'less' },
    targets: {
      sqlite: [{ of: 'peer', atMost: 1 }],
      postgres: [{ atMost: 15 }, { of: 'peer', atMost: 0.02 }],
      redis: [{ of: 'peer', atMost: 1 }],
    },
  },
  due10k: {
    title: '10,000 jobs due at one instant, p99 lateness',
    stage: stages.due,
    how: { jobs: 10_000, aheadMs: 5_000, concurrency: 100 },
    quick: { aheadMs: 3_000 },
    without: ['raw', 'variant'],
    figure: { name: 'p99Ms', unit: 'ms', better: 'less' },
    targets: atMost(200, 500, 250),
  },
  ...backlogs(),
  stall: {
    title: 'worst stall of an event loop, 2 writing processes',
    stage: stages.stall,
    how: { seconds: 5, width: 20 },
    quick: { seconds: 2 },
    without: ['raw'],
    figure: { name: 'stallMs', unit: 'ms', better: 'less' },
    targets: atMost(25),
  },
  size: {
    title: 'bytes of a waiting job besides its payload',
    stage: stages.size,
    how: { jobs: 100_000 },
    quick: { jobs: 20_000 },
    without: ['variant'],
    rounds: 1,
    figure: { name: 'bytes', unit: 'bytes', better: 'less' },
    targets: atMost(150, 300, 150),
  },
  idle: {
    title: 'a worker with nothing to do, calls to its store besides beats',
    stage: stages.idle,
    how: { settleMs: 3_000, seconds: 50, concurrency: 10 },
    quick: { settleMs: 2_000, seconds: 10 },
    without: ['raw', 'variant'],
    rounds: 1,
    figure: { name: 'callsPerSecond', unit: '/s', better: 'less' },
    targets: { sqlite: idleTargets, postgres: idleTargets, redis: idleTargets },
  },
}

/** The same look at four depths; the deepest must cost hardly more than that of ten thousand. */
function backlogs() {
  const depths = { back1k: 1_000, back10k: 10_000, back400k: 400_000, back1m: 1_000_000 }
  const deep = [
    { figure: 'claimMs', than: 'back10k', atMost: 1.5 },
    { figure: 'rate', than: 'back10k', atLeast: 0.8 },
  ]
  return Object.fromEntries(
    Object.entries(depths).map(([name, waiting]) => [
      name,
      {
        title: `claim of 100, then drain, with ${waiting.toLocaleString('en-US')} waiting`,
        stage: stages.backlog,
        how: { waiting, times: Math.min(40, waiting / 100), drained: 20_000, concurrency: 100 },
        isLong: waiting > 100_000,
        without: ['variant', ...noClaimer],
        figure: { name: 'claimMs', unit: 'ms', better: 'less' },
        ...(name === 'back1m' && { targets: { sqlite: deep, postgres: deep, redis: deep } }),
      },
    ]),
  )
}

/** Left out of `--quick`: filling takes longer than all else. */
export const quickNames = Object.keys(workloads).filter(
  (name) => !workloads[name].isLong && name !== 'back1k',
)
