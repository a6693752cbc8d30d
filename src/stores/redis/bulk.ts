import {
  afterStep,
  type Bulk,
  type BulkPlan,
  type BulkStep,
  driveMs,
  isDriven,
  isOpen,
  overAt,
  refusal,
  resumed,
  seenAt,
  stopped,
} from '../../job/bulk.ts'
import { StoreError } from '../../job/errors.ts'
import type { Instant } from '../../job/job.ts'
import type { BulkRoom, BulkSetting, BulkStepped } from '../../store/index.ts'
import { failuresWith, page } from './dead.ts'
import { parsed, rowsOf, textOf } from './row.ts'
import type { Reply } from './port.ts'
import type { Run } from './script.ts'

/**
 * Operations on many dead letters. They are decided here, and a script writes what was decided only while all is as it was
 * seen; who came too late decides anew.
 */
export function bulkWith(run: Run, rung: Run): BulkRoom {
  return {
    page: (ask) => page(run, ask),
    start: (plan) => start(run, plan),
    async list(ids) {
      if (ids?.length === 0) return []
      const { now, bulks } = await read(run, ids ?? [])
      return bulks.filter((bulk) => bulk !== undefined).map((bulk) => seenAt(bulk, now))
    },
    step: (one) => again(() => step(run, rung, one)),
    set: (setting) => again(() => set(run, setting)),
  }
}

/** Open operations that any process may drive, and none does. */
export function undriven(texts: readonly Reply[], now: Instant): readonly string[] {
  return texts
    .filter(Boolean)
    .map((text) => parsed<Bulk>(text))
    .filter((bulk) => isOpen(bulk.state) && bulk.needsCode !== true && !isDriven(bulk, now))
    .map(({ id }) => id)
}

async function read(run: Run, ids: readonly string[]) {
  const [now, last, texts] = rowsOf(await run('bulkRead', ...ids))
  const bulks = rowsOf(texts).map((text) => (text ? parsed<Bulk>(text) : undefined))
  return { now: Number(now), last: Number(last), bulks, texts: rowsOf(texts).map((text) => textOf(text)) }
}

/** Since when it is over or stands still. */
const overMark = (bulk: Bulk) => overAt(bulk) ?? ''

/** Until what was decided is written. Each round means that somebody else has come further. */
async function again<T>(turn: () => Promise<{ readonly answer: T } | undefined>): Promise<T> {
  for (let rounds = 0; rounds < 100; rounds++) {
    const done = await turn()
    if (done) return done.answer
  }
  throw new StoreError('LW1013', 'a bulk operation was changed by others a hundred times in a row.')
}

const start = (run: Run, plan: BulkPlan): Promise<Bulk> =>
  again(async () => {
    const { now, last, bulks } = await read(run, [plan.id])
    if (bulks[0]) return { answer: seenAt(bulks[0], now) }
    const { task, queue, fingerprint, ids, ...more } = plan.filter
    const groups = await failuresWith(run).list({
      ...(task !== undefined && { task }),
      ...(queue !== undefined && { queue }),
      ...(fingerprint !== undefined && { fingerprint }),
    })
    const dead = groups.reduce((sum, { count }) => sum + count, 0)
    const bulk: Bulk = {
      ...plan,
      state: 'running',
      total: Math.min(dead, ids?.length ?? dead, plan.limit ?? dead),
      isEstimate: ids !== undefined || Object.values(more).some((value) => value !== undefined),
      ...{ done: 0, skipped: 0, failed: 0, cursor: 0, upTo: last, canaries: [] },
      ...{ nextAt: now, drivenUntil: now + driveMs, startedAt: now },
    }
    const isDone = await run('bulkPut', plan.id, '', JSON.stringify(bulk), overMark(bulk), plan.by, plan.kind)
    return isDone === 1 ? { answer: bulk } : undefined
  })

async function step(
  run: Run,
  rung: Run,
  one: BulkStep,
): Promise<{ readonly answer: BulkStepped } | undefined> {
  const [at, was, marks] = rowsOf(await run('bulkPeek', one.id, JSON.stringify(one.jobs)))
  if (was === '') return { answer: { outcome: 'gone' } }
  const now = Number(at)
  const bulk = parsed<Bulk>(was)
  const refused = refusal(bulk, one, now)
  if (refused) return { answer: { outcome: refused, bulk: seenAt(bulk, now) } }
  const done = one.jobs.filter((_, i) => textOf(marks)[i] === '1').map(({ id }) => id)
  const next = afterStep(bulk, one, done, now)
  const { kind, to, by } = bulk
  const work = JSON.stringify({ kind, to, by, reason: `${kind} ${bulk.id}`, jobs: one.jobs })
  const isDone = await rung(
    'bulkStep',
    one.id,
    textOf(was),
    JSON.stringify(next),
    overMark(next),
    work,
    textOf(marks),
  )
  return isDone === 1 ? { answer: { outcome: 'applied', bulk: next } } : undefined
}

async function set(
  run: Run,
  { id, to, by, note, driver }: BulkSetting,
): Promise<{ readonly answer: Bulk | undefined } | undefined> {
  const { now, bulks, texts } = await read(run, [id])
  const [bulk] = bulks
  if (!bulk || bulk.state === 'done') return { answer: bulk }
  const next =
    to === 'stopped' ? stopped(bulk, note ?? `by ${by}`, now) : resumed(bulk, driver ?? bulk.driver, now)
  const verb = to === 'stopped' ? 'stop' : 'resume'
  const isDone = await run('bulkPut', id, texts[0] ?? '', JSON.stringify(next), overMark(next), by, verb)
  return isDone === 1 ? { answer: next } : undefined
}
