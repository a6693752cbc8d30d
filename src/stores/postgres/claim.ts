import type { Settled, Settlement } from '../../job/job.ts'
import type { KnownTask } from '../../job/known.ts'
import type { Ask, CancelRequest, Claimed } from '../../store/contract.ts'
import type { Engine } from './engine.ts'
import { type ClaimedRow, toClaimed } from './row.ts'
import { bundle, type Codes, settledOf } from './settle.ts'
import { lapseOverdue } from './tend.ts'

/** The answer of claim-now.sql. */
type Answer =
  | { readonly overdue: true; readonly now: number }
  | { readonly lease: 'lost'; readonly now: number }
  | {
      readonly lease: 'held'
      readonly now: number
      readonly due: number | null
      readonly suspects: boolean
      readonly cancels: readonly CancelRequest[] | null
      readonly jobs: readonly ClaimedRow[] | null
    }
interface Exchanged {
  readonly settled: Codes
  readonly claimed: Answer
}

/** Overdue workers' jobs that one claim takes away. */
const upkeepRows = 1_000

/** Settles, then claims, in one call; in three where a lease has run out, for the loss is decided here. */
export async function exchange(
  e: Engine,
  settlements: readonly Settlement[],
  ask: Ask,
): Promise<{ readonly settled: readonly Settled[]; readonly claimed: Claimed }> {
  const { worker } = ask
  const asked = askRow(ask)
  const endings = settlements.length > 0 ? bundle(settlements) : {}
  const { settled, claimed } = await e.call<Exchanged>('exchange_v1', { worker, ...endings, ask: asked })
  const said = settledOf(settled, settlements.length)
  if (!('overdue' in claimed)) return { settled: said, claimed: claimedOf(claimed) }
  await lapseOverdue(e, upkeepRows)
  const again = await e.call<Exchanged>('exchange_v1', { worker, ask: { ...asked, lapsed: true } })
  if ('overdue' in again.claimed) throw new TypeError('a claim after a lapse asked for one')
  return { settled: said, claimed: claimedOf(again.claimed) }
}

const askRow = ({ call, received, limit, queues, tasks, alone }: Ask) => ({
  ...{ call, received, limit, queues },
  ...(tasks && { tasks: versionsOf(tasks) }),
  ...(alone && { alone }),
})

function versionsOf(tasks: readonly KnownTask[]): Readonly<Record<string, number>> {
  const newest = new Map<string, number>()
  for (const { name, version } of tasks) newest.set(name, Math.max(version, newest.get(name) ?? 0))
  return Object.fromEntries(newest)
}

function claimedOf(answer: Exclude<Answer, { readonly overdue: true }>): Claimed {
  if (answer.lease === 'lost') return { lease: 'lost', jobs: [], cancels: [], now: answer.now }
  const { now, due, suspects, cancels, jobs } = answer
  return {
    lease: 'held',
    jobs: (jobs ?? []).map(toClaimed),
    cancels: cancels ?? [],
    now,
    ...(due !== null && { nextDueAt: due }),
    ...(suspects && { suspects }),
  }
}
