import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { check, type HistoryEvent, read, ruleNames, summary } from '../checker/check.mjs'

type Mutable = { -readonly [K in keyof HistoryEvent]: HistoryEvent[K] } & { v?: Record<string, unknown> }
type Handed = { readonly job: string; readonly fence: number; readonly attempt: number }
type Corrupt = (events: Mutable[]) => void

const folder = mkdtempSync(join(tmpdir(), 'legwork-checker-'))
const cli = fileURLToPath(new URL('../checker/check.mjs', import.meta.url))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a good history of every kind of event has no violation', () => {
  expect(check(good())).toEqual([])
})

test('two attempts may have the same result, and the answer of the one that was written may be lost', () => {
  const events = good()
  for (const event of events) if (event.f === 'settle' && event.job === 'c') put(event, 'result', '"late"')
  put(pick(events, 'dump', 'c', 'ok'), 'result', '"late"')
  drop(events, ({ f, job, ty, fence }) => f === 'settle' && job === 'c' && ty === 'ok' && fence === 3)
  expect(check(events)).toEqual([])
})

test('the summary counts what was tried and what was answered', () => {
  expect(summary(good())).toMatchObject({
    processes: 4,
    'enqueue created': 5,
    'enqueue info': 1,
    'settle applied': 6,
    'settle stale': 1,
    'kill SIGKILL': 1,
    'dumped completed': 4,
  })
})

/** For each rule, ways to spoil the good history that it must find. */
const corruptions: Record<string, Record<string, Corrupt>> = {
  history: {
    'no event at all': (events) => void events.splice(0),
    'no job dumped': (events) => drop(events, ({ f, job }) => f === 'dump' && job !== undefined),
    'no counts dumped': (events) => drop(events, ({ f, job }) => f === 'dump' && job === undefined),
  },
  lost: {
    'an acknowledged job is missing at the end': (events) =>
      drop(events, ({ f, job }) => f === 'dump' && job === 'a'),
    'a duplicate was acknowledged for a job that is not there': (events) => {
      drop(events, ({ f, job }) => f === 'dump' && job === 'b')
      pick(events, 'enqueue', 'b', 'ok').outcome = 'duplicate'
    },
  },
  'early-reply': {
    'the reply came before the commit': (events) => put(pick(events, 'look', 'a', 'ok'), 'found', false),
  },
  doubled: {
    'an id was created twice': (events) =>
      void events.push({ ...pick(events, 'enqueue', 'a', 'ok'), n: 900 }),
    'a job is twice in the store': (events) => void events.push({ ...pick(events, 'dump', 'a', 'ok') }),
  },
  invented: {
    'a job that nobody enqueued': (events) => drop(events, ({ f, job }) => f === 'enqueue' && job === 'a'),
    'a handler that ran without a claim': (events) =>
      drop(events, ({ f, job }) => f === 'claim' && job === 'a'),
    'a handler that ran under a fence it never had': (events) =>
      void (pick(events, 'start', 'a', 'ok').fence = 7),
  },
  unfinished: {
    'a job is left over': (events) => put(pick(events, 'dump', 'a', 'ok'), 'state', 'ready'),
  },
  overlap: {
    'a job was handed out while its holder lived': (events) => {
      const claim = events.find(
        ({ f, job, worker }) => f === 'claim' && job === 'c' && worker === 'w2',
      ) as Mutable
      claim.t = at(31)
    },
  },
  holder: {
    'one fence, two workers': (events) => {
      const claim = events.find(
        ({ f, job, worker }) => f === 'claim' && job === 'c' && worker === 'w2',
      ) as Mutable
      claim.fence = 1
    },
    'one fence, two attempts': (events) =>
      void events.push({ ...pick(events, 'claim', 'a', 'ok'), n: 901, attempt: 2 }),
  },
  'run-twice': {
    'a delivery that came again was run again': (events) =>
      void events.push({ ...pick(events, 'start', 'a', 'ok'), n: 902 }),
  },
  rising: {
    'the attempt did not rise with the fence': (events) => {
      const claim = events.find(
        ({ f, job, worker }) => f === 'claim' && job === 'c' && worker === 'w2',
      ) as Mutable
      claim.attempt = 1
    },
    'the store forgot a fence': (events) => put(pick(events, 'dump', 'b', 'ok'), 'fence', 1),
    'a later fence started earlier': (events) => put(last(events, 'claim', 'b'), 'startedAt', 1_000),
  },
  'settled-twice': {
    'two endings of one lease were applied': (events) =>
      void events.push({
        ...pick(events, 'settle', 'a', 'ok'),
        n: 903,
        v: { move: 'complete', result: '"other"' },
      }),
    'two workers ended one lease': (events) =>
      void events.push({ ...pick(events, 'settle', 'a', 'ok'), n: 903, worker: 'w2' }),
    'two attempts of one fence': (events) =>
      attempts(events, 'a').push({ ...attempts(events, 'a')[0], attempt: 2 }),
  },
  unsettled: {
    'an applied ending is not there': (events) => void attempts(events, 'b').pop(),
    'the attempt ended differently': (events) => put(attempts(events, 'b')[0], 'outcome', 'snooze'),
    'the final state is another': (events) => put(pick(events, 'dump', 'a', 'ok'), 'state', 'cancelled'),
    'the result is another': (events) => put(pick(events, 'dump', 'a', 'ok'), 'result', '"other"'),
  },
  'stale-write': {
    'a stale ending was written': (events) => {
      Object.assign(attempts(events, 'c')[0] as object, { outcome: 'complete' })
    },
    'the result of a stale ending was written': (events) =>
      put(pick(events, 'dump', 'c', 'ok'), 'result', '"late"'),
  },
  final: {
    'a completed job ran again': (events) =>
      void events.push({
        ...pick(events, 'claim', 'a', 'ok'),
        n: 904,
        t: at(90),
        fence: 2,
        attempt: 2,
        worker: 'w2',
      }),
  },
  'early-run': {
    'before runAt': (events) => put(pick(events, 'enqueue', 'd', 'invoke'), 'runAt', 1_081),
    'before its delay was over': (events) => put(pick(events, 'enqueue', 'd', 'invoke'), 'delayMs', 9_000),
    'before the wait of its retry was over': (events) => put(attempts(events, 'b')[1], 'startedAt', 1_024),
  },
  counters: {
    'a counter too high': (events) =>
      put(pick(events, 'dump', undefined, 'ok'), 'states', { completed: 5, dead: 1 }),
    'a counter for a state that no job has': (events) =>
      put(pick(events, 'dump', undefined, 'ok'), 'states', { completed: 4, dead: 1, ready: 1 }),
    'a counter too low': (events) => put(pick(events, 'dump', undefined, 'ok'), 'states', { completed: 4 }),
  },
  charged: {
    'a loss was charged as a failure': (events) => {
      const dump = pick(events, 'dump', 'c', 'ok')
      put(dump, 'losses', 0)
      put(dump, 'failures', 1)
    },
    'an attempt was not counted': (events) => put(pick(events, 'dump', 'b', 'ok'), 'attempt', 3),
  },
}

describe('each rule finds what breaks it', () => {
  test('every rule has a corruption', () => {
    expect(Object.keys(corruptions).sort()).toEqual([...ruleNames].sort())
  })
  for (const [rule, ways] of Object.entries(corruptions)) {
    for (const [way, corrupt] of Object.entries(ways)) {
      test(`${rule}: ${way}`, () => {
        const events = good()
        corrupt(events)
        expect(check(events).map((violation) => violation.rule)).toContain(rule)
      })
    }
  }
})

test('what is unknown is no violation: a killed call, a job that may or may not be there, a removed job', () => {
  const events = good()
  drop(events, ({ f, job }) => f === 'dump' && job === 'e')
  put(pick(events, 'dump', undefined, 'ok'), 'states', { completed: 4 })
  expect(check(events).map(({ rule, job }) => [rule, job])).toEqual([['lost', 'e']])
  events.push(event('admin', 95, { n: 905, f: 'act', ty: 'invoke', job: 'e', v: { verb: 'remove' } }))
  expect(check(events)).toEqual([])
})

test('a person’s retry opens a new generation, in which a final job may run again', () => {
  const events = good()
  events.push(
    event('w2', 90, {
      n: 906,
      f: 'claim',
      ty: 'ok',
      job: 'a',
      fence: 2,
      attempt: 2,
      worker: 'w2',
      v: { startedAt: 1_090 },
    }),
  )
  const dump = pick(events, 'dump', 'a', 'ok')
  Object.assign(dump.v as object, { fence: 2, attempt: 2, state: 'running' })
  put(pick(events, 'dump', undefined, 'ok'), 'states', { completed: 3, dead: 1, running: 1 })
  drop(events, ({ f }) => f === 'finish')
  expect(check(events).map(({ rule }) => rule)).toContain('final')
  events.push(event('admin', 85, { n: 907, f: 'act', ty: 'invoke', job: 'a', v: { verb: 'retry' } }))
  expect(check(events)).toEqual([])
})

test('a job that was lost twice and had begun once has one loss; one that had begun twice has two', () => {
  const history = (...begun: number[]) => {
    const events = good()
    const attempts = [1, 2].map((n) => ({ ...lapse, attempt: n, fence: n }))
    const v = { queue: 'q', state: 'ready', fence: 3, attempt: 2, failures: 0, losses: 1, attempts }
    events.push(
      event('p1', 50, { n: 910, f: 'enqueue', ty: 'ok', job: 'i', outcome: 'created' }),
      ...[1, 2].map((n) => claimOf('i', n)),
      ...begun.map((fence) =>
        event('w1', 56, { n: 912, f: 'start', ty: 'ok', job: 'i', fence, worker: 'w1' }),
      ),
      event('admin', 99, { n: 913, f: 'dump', ty: 'ok', job: 'i', v }),
    )
    put(pick(events, 'dump', undefined, 'ok'), 'states', { completed: 4, dead: 1, ready: 1 })
    drop(events, ({ f }) => f === 'finish')
    return check(events).map(({ rule }) => rule)
  }
  const lapse = { worker: 'w1', outcome: 'lapse', startedAt: 1_055, endedAt: 1_056 }
  const claimOf = (job: string, n: number) =>
    event('w1', 55, {
      ...{ n: 910 + n, f: 'claim', ty: 'ok', job, fence: n, attempt: n, worker: 'w1' },
      v: { startedAt: 1_055 },
    })
  expect(history(1)).toEqual([])
  expect(history()).toEqual([])
  expect(history(1, 2)).toEqual(['charged'])
})

describe('the command', () => {
  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const lines = (events: readonly object[]) => events.map((one) => `${JSON.stringify(one)}\n`).join('')
  const run = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' })

  test('reads many files in any order, says so, and exits with 0', async () => {
    const events = good().reverse()
    const files = ['p1', 'w1', 'w2', 'admin'].map((proc) =>
      write(`${proc}.ndjson`, lines(events.filter((one) => one.proc === proc))),
    )
    expect(await read(files)).toHaveLength(events.length)
    const { status, stdout } = run(...files)
    expect(stdout).toContain(`no violation of ${ruleNames.length} rules`)
    expect(status).toBe(0)
  })
  test('prints a violation with the history of its job, and exits with 1', () => {
    const events = good()
    drop(events, ({ f, job }) => f === 'dump' && job === 'a')
    const { status, stdout } = run(write('bad.ndjson', lines(events)))
    expect(stdout).toMatch(/lost · job a: its enqueue was acknowledged[\s\S]*"f":"enqueue"[\s\S]*"job":"a"/)
    expect(status).toBe(1)
  })
  test('leaves out a last line that a kill cut short, but no other broken line', () => {
    const whole = lines(good())
    expect(run(write('cut.ndjson', `${whole}{"t":"12","pro`)).status).toBe(0)
    expect(run(write('broken.ndjson', `{"t":"12","pro\n${whole}`)).status).toBe(2)
  })
  test('exits with 2 without a file, and with one that is not there', () => {
    expect(run().status).toBe(2)
    expect(run(join(folder, 'never.ndjson')).status).toBe(2)
  })
})

test('the checker shares no code with what it checks', () => {
  const home = fileURLToPath(new URL('../checker', import.meta.url))
  for (const file of readdirSync(home).filter((name) => name.endsWith('.mjs'))) {
    const imports = [...readFileSync(join(home, file), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, from]) => from,
    )
    expect(imports.filter((from) => !from?.startsWith('node:') && !from?.startsWith('./'))).toEqual([])
  }
})

const at = (ms: number) => String(BigInt(ms) * 1_000_000n)
const event = (proc: string, ms: number, rest: Omit<HistoryEvent, 't' | 'proc' | 'pid'>): Mutable =>
  ({ t: at(ms), proc, pid: 1, ...rest }) as Mutable
const drop = (events: Mutable[], which: (event: Mutable) => boolean) =>
  void events.splice(0, Infinity, ...events.filter((one) => !which(one)))
const pick = (events: Mutable[], f: string, job: string | undefined, ty: string) =>
  events.find((one) => one.f === f && one.job === job && one.ty === ty) as Mutable
const last = (events: Mutable[], f: string, job: string) =>
  events.findLast((one) => one.f === f && one.job === job) as Mutable
const put = (target: unknown, field: string, value: unknown) => {
  const { v } = target as Mutable
  ;((v ?? target) as Record<string, unknown>)[field] = value
}
const attempts = (events: Mutable[], job: string) =>
  pick(events, 'dump', job, 'ok').v?.['attempts'] as Record<string, unknown>[]

/**
 * Five jobs. `a` is redelivered after a lost reply and settled twice alike; `b` fails, waits 5 ms and completes;
 * `c` is lost with its killed worker, whose late ending is stale; `d` waits for its time; `e` exhausts its attempts.
 * The enqueue of `f` was never answered. Milliseconds of the store are 1,000 later than those of the machine.
 */
function good(): Mutable[] {
  const events: Mutable[] = []
  let n = 0
  const say = (
    proc: string,
    ms: number,
    rest: Omit<HistoryEvent, 't' | 'proc' | 'pid' | 'n'>,
    same = false,
  ) => {
    if (!same) n += 1
    events.push(event(proc, ms, { n, ...rest }))
  }
  const enqueue = (ms: number, job: string, v: Record<string, unknown> = {}, ty: 'ok' | 'info' = 'ok') => {
    say('p1', ms, { f: 'enqueue', ty: 'invoke', job, v })
    say('p1', ms + 1, { f: 'enqueue', ty, job, ...(ty === 'ok' && { outcome: 'created' }) }, true)
  }
  const beat = (proc: string, ms: number, ttlMs: number) => {
    say(proc, ms, { f: 'beat', ty: 'invoke', worker: proc, v: { ttlMs } })
    say(proc, ms + 1, { f: 'beat', ty: 'ok', worker: proc, outcome: 'held', v: { ttlMs } }, true)
  }
  const claim = (proc: string, ms: number, { job, fence, attempt }: Handed) => {
    say(proc, ms, { f: 'claim', ty: 'invoke', worker: proc })
    say(
      proc,
      ms + 1,
      { f: 'claim', ty: 'ok', worker: proc, job, fence, attempt, v: { startedAt: 1_000 + ms } },
      true,
    )
  }
  const run = (proc: string, ms: number, job: string, fence: number) => {
    say(proc, ms, { f: 'start', ty: 'ok', worker: proc, job, fence })
    say(proc, ms + 1, { f: 'end', ty: 'ok', worker: proc, job, fence })
  }
  const settle = (
    proc: string,
    ms: number,
    { outcome = 'applied', ...lease }: Omit<Handed, 'attempt'> & { outcome?: string },
    v: Record<string, unknown>,
  ) => {
    say(proc, ms, { f: 'settle', ty: 'invoke', worker: proc, ...lease, v })
    say(proc, ms + 1, { f: 'settle', ty: 'ok', worker: proc, ...lease, v, outcome }, true)
  }
  beat('w1', 0, 60)
  beat('w2', 0, 200)
  for (const [i, job] of ['a', 'b', 'c', 'e'].entries()) enqueue(2 + i, job)
  enqueue(6, 'd', { runAt: 1_050 })
  enqueue(7, 'f', {}, 'info')
  say('w2', 9, { f: 'look', ty: 'invoke', job: 'a' })
  say('w2', 10, { f: 'look', ty: 'ok', job: 'a', v: { found: true } }, true)

  say('w1', 11, { f: 'claim', ty: 'invoke', worker: 'w1' })
  claim('w1', 12, { job: 'a', fence: 1, attempt: 1 })
  run('w1', 14, 'a', 1)
  settle('w1', 16, { job: 'a', fence: 1 }, { move: 'complete', result: '"a"' })
  settle('w1', 18, { job: 'a', fence: 1 }, { move: 'complete', result: '"a"' })

  claim('w2', 20, { job: 'b', fence: 1, attempt: 1 })
  run('w2', 22, 'b', 1)
  settle('w2', 23, { job: 'b', fence: 1 }, { move: 'retry', delayMs: 5 })
  claim('w2', 30, { job: 'b', fence: 2, attempt: 2 })
  run('w2', 32, 'b', 2)
  settle('w2', 34, { job: 'b', fence: 2 }, { move: 'complete', result: '"b"' })

  claim('w1', 26, { job: 'c', fence: 1, attempt: 1 })
  say('w1', 28, { f: 'start', ty: 'ok', worker: 'w1', job: 'c', fence: 1 })
  say('admin', 40, { f: 'kill', ty: 'ok', v: { victim: 'w1', signal: 'SIGKILL' } })
  say('admin', 41, { f: 'lapse', ty: 'invoke', v: { workers: ['w1'] } })
  say('admin', 42, { f: 'lapse', ty: 'ok', v: { workers: ['w1'] } }, true)
  claim('w2', 44, { job: 'c', fence: 3, attempt: 2 })
  run('w2', 46, 'c', 3)
  settle('w2', 48, { job: 'c', fence: 3 }, { move: 'complete', result: '"c"' })
  settle('w1', 50, { job: 'c', fence: 1, outcome: 'stale' }, { move: 'complete', result: '"late"' })

  claim('w2', 52, { job: 'd', fence: 1, attempt: 1 })
  run('w2', 54, 'd', 1)
  settle('w2', 56, { job: 'd', fence: 1 }, { move: 'complete' })
  claim('w2', 60, { job: 'e', fence: 1, attempt: 1 })
  run('w2', 62, 'e', 1)
  say('w2', 64, { f: 'settle', ty: 'invoke', worker: 'w2', job: 'e', fence: 1, v: { move: 'bury' } })

  const dump = (job: string, v: Record<string, unknown>, rows: readonly unknown[][]) => {
    const list = rows.map(([attempt, fence, worker, outcome, startedAt, endedAt]) => ({
      attempt,
      fence,
      worker,
      outcome,
      startedAt,
      endedAt,
      ...(outcome === 'bury' && { reason: 'exhausted' }),
    }))
    const plain = {
      queue: 'q',
      state: 'completed',
      failures: 0,
      losses: 0,
      createdAt: 1_005,
      availableAt: 1_005,
    }
    say('admin', 100, { f: 'dump', ty: 'ok', job, v: { ...plain, ...v, attempts: list } })
  }
  dump('a', { fence: 1, attempt: 1, result: '"a"' }, [[1, 1, 'w1', 'complete', 1_012, 1_016]])
  dump('b', { fence: 2, attempt: 2, failures: 1, result: '"b"' }, [
    [1, 1, 'w2', 'retry', 1_020, 1_023],
    [2, 2, 'w2', 'complete', 1_030, 1_034],
  ])
  dump('c', { fence: 3, attempt: 2, losses: 1, result: '"c"' }, [
    [1, 1, 'w1', 'lapse', 1_026, 1_041],
    [2, 3, 'w2', 'complete', 1_044, 1_048],
  ])
  dump('d', { fence: 1, attempt: 1 }, [[1, 1, 'w2', 'complete', 1_052, 1_056]])
  dump('e', { state: 'dead', fence: 1, attempt: 1, failures: 1 }, [[1, 1, 'w2', 'bury', 1_060, 1_064]])
  say('admin', 101, { f: 'dump', ty: 'ok', v: { queue: 'q', states: { ready: 0, completed: 4, dead: 1 } } })
  say('admin', 102, { f: 'finish', ty: 'ok', v: { final: true } })
  return events
}
