import type { Settled, Settlement } from '../../job/job.ts'
import type { KnownTask } from '../../job/known.ts'
import type { Ask, CancelRequest, Claimed } from '../../store/contract.ts'
import type { Engine } from './engine.ts'
import type { ClaimedRow } from './row.ts'
import { type Fresh, freshJobs, shownJobs } from './handed.ts'
import { answersOf, bundle, type Codes, type Endings, forget } from './settle.ts'
import { lapseOverdue } from './tend.ts'

/** The answer of claim-now.sql. */
type Answer =
  | { readonly overdue: true; readonly now: number }
  | { readonly lease: 'lost'; readonly now: number }
  | {
      readonly lease: 'held'
      readonly now: number
      readonly due: number | null
      readonly suspects: boolean | null
      readonly cancels: readonly CancelRequest[] | null
      /** Jobs that are handed out again, then those that are handed out now. */
      readonly again: readonly ClaimedRow[] | null
      readonly fresh: Fresh | null
    }
interface Exchanged {
  readonly settled: Codes
  readonly claimed: Answer
}

/** Overdue workers' jobs that one claim takes away. */
const upkeepRows = 1_000
/** From so many endings and so much room on, two processes of the server work on them at the same time. */
const apartFrom = 250

/** Settles, then claims, in one call; in more where a lease has run out, for the loss is decided here. */
export async function exchange(
  e: Engine,
  settlements: readonly Settlement[],
  ask: Ask,
): Promise<{ readonly settled: readonly (Settled | undefined)[]; readonly claimed: Claimed }> {
  const endings = settlements.length > 0 ? bundle(settlements, e.lent) : {}
  const { settled, claimed } = await (mayPart(endings, ask) ? apart : together)(e, endings, ask)
  forget(e.lent, settlements)
  return {
    settled: answersOf(settled, settlements.length),
    claimed: claimedOf(e, 'overdue' in claimed ? await afterLapse(e, ask) : claimed),
  }
}

type Trade = (e: Engine, endings: Endings | object, ask: Ask) => Promise<Exchanged>

const together: Trade = (e, endings, ask) =>
  e.call<Exchanged>('exchange_v1', { worker: ask.worker, ...endings, ask: askRow(ask) })

/** Many jobs that are simply done give nothing back that a claim could want, so it need not wait for them. */
const mayPart = (endings: Endings | object, { limit }: Ask): boolean =>
  limit >= apartFrom && 'done' in endings && !('rest' in endings) && endings.n >= apartFrom

/** Waits for the end of both whatever becomes of one, so that who repeats it finds nothing under way. */
const apart: Trade = async (e, endings, ask) => {
  const { worker } = ask
  const [settling, claiming] = await Promise.allSettled([
    e.call<Exchanged>('exchange_v1', { worker, ...endings }),
    e.call<Exchanged>('exchange_v1', { worker, ask: askRow(ask) }),
  ])
  if (settling.status === 'rejected') throw settling.reason
  if (claiming.status === 'rejected') throw claiming.reason
  return { settled: settling.value.settled, claimed: claiming.value.claimed }
}

async function afterLapse(e: Engine, ask: Ask): Promise<Exclude<Answer, { readonly overdue: true }>> {
  await lapseOverdue(e, upkeepRows)
  const asked = { ...askRow(ask), lapsed: true }
  const { claimed } = await e.call<Exchanged>('exchange_v1', { worker: ask.worker, ask: asked })
  if ('overdue' in claimed) throw new TypeError('a claim after a lapse asked for one')
  return claimed
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

function claimedOf({ lent }: Engine, answer: Exclude<Answer, { readonly overdue: true }>): Claimed {
  if (answer.lease === 'lost') return { lease: 'lost', jobs: [], cancels: [], now: answer.now }
  const { now, due, suspects, cancels, again, fresh } = answer
  const jobs = fresh ? freshJobs(fresh, now, lent) : []
  return {
    lease: 'held',
    jobs: again ? [...shownJobs(again, lent), ...jobs] : jobs,
    cancels: cancels ?? [],
    now,
    ...(due !== null && { nextDueAt: due }),
    ...(suspects === true && { suspects }),
  }
}
