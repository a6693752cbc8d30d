import { defaults } from '../job/defaults.ts'
import { showMs } from '../job/duration.ts'
import { type Growth, growth, lookBacksMs, type Sample } from '../job/growth.ts'
import { type Keeping, rulesOf, showKeeping, showPolicy, type Standing } from '../job/retention.ts'
import { showBytes } from '../job/size.ts'
import { type FinalState, finalStates } from '../job/state.ts'
import type { Finding, Store, StoreSize } from '../store/index.ts'
import { plural } from './table.ts'

/** How large a store is, how it grows, and what retention does about it. */
export interface SizeReport {
  readonly size: StoreSize
  readonly standing: Standing | undefined
  /** Of the last hour, day and week, as far as there are samples. */
  readonly growth: readonly (Growth | undefined)[]
  readonly findings: readonly Finding[]
}

/** What `doctor` says about size and retention of an open store; `diskFree` are bytes, where the store is a file. */
export async function sizeReport(store: Store, diskFree: number | undefined): Promise<SizeReport> {
  const [size, standing] = await Promise.all([store.retention.size(), store.retention.get()])
  const grown = size.before.map((before) => growth(size.now, before))
  const findings = [
    growthFinding(grown, diskFree),
    retentionFinding(size, standing),
    ...unboundedFindings(size.now, standing, grown),
  ]
  return { size, standing, growth: grown, findings }
}

const spans = ['hour', 'day', 'week'] as const

/** The same for programs: growth by the span that it is of. */
export const sizeJson = ({ size, standing, growth: grown }: SizeReport): object => ({
  ...size.now,
  ...(size.freeBytes !== undefined && { freeBytes: size.freeBytes }),
  growth: Object.fromEntries(spans.map((span, i) => [span, grown[i] ?? null])),
  retention: {
    policy: standing?.policy ?? null,
    ...(standing && { by: standing.by, at: new Date(standing.at).toISOString() }),
    ages: Object.fromEntries(finalStates.map((state) => [state, ageOf(standing, state)])),
    nextRemovalAt: size.nextRemovalAt === undefined ? null : new Date(size.nextRemovalAt).toISOString(),
  },
})

const signed = (n: number, show: (n: number) => string = String): string =>
  n === 0 ? '±0' : `${n > 0 ? '+' : '−'}${show(Math.abs(n))}`

/** A disk that is full sooner than this at the pace of the last day is told. */
const soonMs = 30 * 86_400_000

function growthFinding(grown: readonly (Growth | undefined)[], diskFree: number | undefined): Finding {
  const about = 'growth'
  const told = grown.flatMap((one, i) => (one && isNew(grown, i) ? [showGrowth(one, i)] : []))
  if (told.length === 0) {
    const every = showMs(defaults.keep.samples.everyMs)
    return { about, value: `not known yet: workers note the size every ${every}`, verdict: 'good' }
  }
  const day = grown[1]
  const leftMs =
    day?.bytes !== undefined && day.bytes > 0 && diskFree !== undefined && day.overMs >= lookBacksMs[0]
      ? (diskFree / day.bytes) * day.overMs
      : Infinity
  const isSoon = leftMs < soonMs
  return {
    about,
    value: told.join('; '),
    verdict: isSoon ? 'warn' : 'good',
    ...(isSoon && { note: `at this pace the disk is full in ${showMs(leftMs)}: legwork retention` }),
  }
}

/** A longer span whose first sample is that of the shorter one says nothing more. */
const isNew = (grown: readonly (Growth | undefined)[], i: number): boolean =>
  i === 0 || grown[i]?.overMs !== grown[i - 1]?.overMs

function showGrowth(
  { overMs, bytes, enqueued, live, completed, dead, cancelled }: Growth,
  i: number,
): string {
  const isWhole = overMs > (lookBacksMs[i] ?? 0) * 0.8
  const span = isWhole ? `last ${spans[i]}` : `last ${showMs(overMs)}`
  const kept = Object.entries({ waiting: live, completed, dead, cancelled }).filter(([, n]) => n !== 0)
  const parts = [
    bytes !== undefined && signed(bytes, showBytes),
    `${plural(enqueued, 'job')} came`,
    ...kept.map(([state, n]) => `${signed(n)} ${state}`),
  ]
  return `${span} ${parts.filter(Boolean).join(', ')}`
}

/** How long jobs of a state are kept by age, where their task and queue do not say it. */
function ageOf(standing: Standing | undefined, state: FinalState): number | null {
  const age = standing?.policy[state]?.ageMs
  return age === undefined ? defaults.retain[state] : age
}

function retentionFinding({ nextRemovalAt, now }: StoreSize, standing: Standing | undefined): Finding {
  const of = (state: FinalState) => {
    const limit: Keeping = { ...standing?.policy[state], ageMs: ageOf(standing, state) }
    return `${state} ${showKeeping(limit)}`
  }
  const queues = standing && rulesOf(standing.policy).filter(({ queue }) => queue !== undefined)
  const own =
    queues && queues.length > 0 ? `, and ${showPolicy({ queues: standing.policy.queues ?? {} })}` : ''
  const next =
    nextRemovalAt === undefined
      ? 'no job that is there leaves by its age'
      : `the next job leaves ${nextRemovalAt <= now.at ? 'now' : `in ${showMs(nextRemovalAt - now.at)}`} by its age`
  return {
    about: 'retention',
    value: `${finalStates.map(of).join('; ')}${own}`,
    verdict: 'good',
    note: `${next}; a task’s own retain comes first`,
  }
}

/** From here on what nothing removes is told, and whatever grows by so much in a day. */
const many = { kept: 10_000, aDay: 1_000 } as const
/** What is kept longer without another limit is told: work that is done is seldom looked at later. */
const longMs = 30 * 86_400_000

function unboundedFindings(
  now: Sample,
  standing: Standing | undefined,
  grown: readonly (Growth | undefined)[],
): Finding[] {
  return finalStates.flatMap((state): Finding[] => {
    const { count, bytes } = standing?.policy[state] ?? {}
    const ageMs = ageOf(standing, state)
    if (count !== undefined || bytes !== undefined || (ageMs !== null && ageMs <= longMs)) return []
    const aDay = grown[1]?.[state] ?? 0
    const isMuch = now[state] >= many.kept || aDay >= many.aDay
    // Dead letters are kept by default: a few of them are what the default is for.
    if (state === 'dead' && !isMuch) return []
    const age = ageMs === null ? 'for ever' : showMs(ageMs)
    return [
      {
        about: 'unbounded',
        value: `${plural(now[state], `${state} job`)}, kept ${age} without a limit of count or bytes`,
        verdict: 'warn',
        note: `${aDay > 0 ? `${signed(aDay)} in a day; ` : ''}legwork retention set --state ${state} --count 100000`,
      },
    ]
  })
}
