import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

// Stories with real processes in which time counts come last, three side by side: most of them wait for most of their time.
const life = ['test/life/**/*.test.ts', 'test/sabotage.test.ts', 'test/torture.test.ts', 'test/cost.test.ts']

// Promises and random sequences on private servers, by virtual clocks, and examples: nothing in them depends on time.
const servers = [
  'test/life/conformance-redis.test.ts',
  'test/life/examples-servers.test.ts',
  'test/life/model-*.test.ts',
  'test/life/lost-writes-redis.test.ts',
  'test/life/pgbouncer.test.ts',
  'test/life/postgres-due.test.ts',
  'test/life/postgres-endings.test.ts',
  'test/life/postgres-locks.test.ts',
  'test/life/postgres.test.ts',
  'test/life/postgres-rights.test.ts',
  'test/life/postgres-store.test.ts',
  'test/life/postgres-tx.test.ts',
  'test/life/values.test.ts',
]

// Those that start a process after the other, and mostly wait for it: three files side by side.
const processes = [
  ...servers,
  'test/shop.test.ts',
  'test/supervisor.test.ts',
  'test/cli.test.ts',
  'test/cli-worker.test.ts',
  'test/cli-demo.test.ts',
  'test/cli-init.test.ts',
  'test/cli-dev.test.ts',
  'test/cli-watch.test.ts',
  'test/cli-complete.test.ts',
  'test/cli-schedules.test.ts',
  'test/cli-slips.test.ts',
  'test/cli-dead.test.ts',
  'test/cli-retention.test.ts',
  'test/bad-store.test.ts',
  'test/bench-run.test.ts',
  'test/package.test.ts',
]

// What takes half of the daily loop and fails seldom alone: documented programs, types, Redis, most of SQLite, opening files, new keys. npm test runs it.
const rare = process.env['LEGWORK_DAILY']
  ? [
      'test/docs.test.ts',
      'test/types.test.ts',
      'test/conformance/redis.test.ts',
      'test/conformance/sqlite-more.test.ts',
      'test/sqlite-open.test.ts',
      'test/rekey.test.ts',
      'test/bench.test.ts',
    ]
  : []

/** What takes longest begins first, so that nothing long is left for one worker at the end; and what waits begins beside what works. */
const early = [
  'test/docs.test.ts',
  'test/conformance/sqlite.test.ts',
  'test/conformance/sqlite-more.test.ts',
  'test/conformance/redis.test.ts',
  'test/types.test.ts',
  'test/model.test.ts',
  'test/sqlite-open.test.ts',
  'test/handlers.test.ts',

  'test/shop.test.ts',
  'test/life/conformance-redis.test.ts',
  'test/life/postgres.test.ts',
  'test/life/examples-servers.test.ts',
  'test/bench-run.test.ts',
  'test/cli.test.ts',
  'test/life/postgres-tx.test.ts',
  'test/cli-dead.test.ts',
  'test/cli-worker.test.ts',
  'test/cli-dev.test.ts',

  'test/life/schedules.test.ts',
  'test/life/torture-redis.test.ts',
  'test/life/crash.test.ts',
  'test/life/cluster-redis.test.ts',
  'test/life/isolate.test.ts',
  'test/life/two-versions.test.ts',
  'test/life/proxy.test.ts',
  'test/torture.test.ts',
  'test/life/redrive.test.ts',
  'test/life/cost-redis.test.ts',
  'test/life/payloads.test.ts',
  'test/life/conformance.test.ts',
  'test/life/torture-postgres.test.ts',
  'test/life/clocks.test.ts',
  'test/life/outage.test.ts',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const known = early.findIndex((name) => moduleId.endsWith(`/${name}`))
      return known < 0 ? early.length : known
    }
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => group(a) - group(b) || place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // The built package is loaded as users load it, and not once more through the runner.
    server: { deps: { external: [/\/dist\//] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: [...processes, ...life, ...rare],
          maxWorkers: 2,
          // Loading the modules anew for each file would be a seventh of the work.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          globalSetup: 'test/fixtures/postgres-made.mjs',
          include: processes,
          testTimeout: 180_000,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'life',
          globalSetup: 'test/fixtures/postgres-made.mjs',
          include: life,
          exclude: servers,
          testTimeout: 180_000,
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
