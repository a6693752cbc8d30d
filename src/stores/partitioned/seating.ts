import { within } from '../../job/clock.ts'
import { StoreError } from '../../job/errors.ts'
import type { Settled, Settlement } from '../../job/job.ts'
import type { Ask, Claimed, Store } from '../../store/index.ts'
import { realClock } from '../../world.ts'
import { groups, type Kit } from './kit.ts'
import { type Member, type Seat, seatOf } from './member.ts'
import type { Part } from './part.ts'

/** How long a claim waits for a part that says nothing, while the others have answered. */
const waitMs = 1_000

interface Call {
  readonly batch: readonly Settlement[]
  readonly ask: Ask
}
interface Answer {
  readonly settled: readonly Settled[]
  readonly claimed: Claimed
}

/** One call to one part, which may take longer than anybody waits: what it then brings, it brings again with the next one. */
export async function askPart(kit: Kit, member: Member, part: Part, one: Call): Promise<Answer> {
  const seat = seatOf(member, part.index)
  const { name } = seat
  if (seat.isBusy) throw owing(part, 'yet')
  const counted = countedFor(seat, one.ask)
  const asked = { ...one.ask, ...counted, worker: name }
  const call = part.call((store) => send(store, member, { ...one, ask: asked }))
  seat.isBusy = true
  let isLate = false
  const free = () => {
    seat.isBusy = false
    if (isLate) part.store.ring()
  }
  call.then(free, free)
  try {
    const answer = await within(realClock, waitMs, { call, late: () => owing(part, `for ${waitMs} ms`) })
    // It has been given up meanwhile, and what came under the old name with it.
    if (seat.name !== name) throw owing(part, 'in time')
    seat.last = { outer: one.ask.call, own: counted.call }
    note(kit, member, { part, answer, share: one.ask.limit })
    return answer
  } catch (error) {
    isLate = true
    throw error
  }
}

const owing = ({ index }: Part, how: string): StoreError =>
  new StoreError('LW1032', `partition ${index + 1} has not answered ${how}.`, { partition: index + 1 })

async function send(store: Store, member: Member, { batch, ask }: Call): Promise<Answer> {
  if (batch.length === 0) return { settled: [], claimed: await store.claim(ask) }
  const names = batch.map((one) => nameFor(member, one) ?? ask.worker)
  if (names.some((name) => name !== ask.worker))
    return { settled: await settleEach(store, names, batch), claimed: await store.claim(ask) }
  const { settled, claimed } = await store.exchange(batch, ask)
  return { settled: settled as readonly Settled[], claimed }
}

/** Jobs that were claimed under a name of the worker that is no more: it hears that they are not its own. */
async function settleEach(
  store: Store,
  names: readonly string[],
  batch: readonly Settlement[],
): Promise<Settled[]> {
  const answers: Settled[] = []
  for (const [name, mine] of groups(names)) {
    const some = mine.map((i) => batch[i] as Settlement)
    const told = await store.settle(name, some)
    told.forEach((one, n) => (answers[mine[n] as number] = one))
  }
  return answers
}

/** The name under which the worker holds a job, or held it last, where that is under this fence. */
export function nameFor(
  { held, former }: Member,
  { id, fence }: { readonly id: string; readonly fence: number },
): string | undefined {
  return [held.get(id), former.get(id)].find((lease) => lease?.fence === fence)?.name
}

function note(
  kit: Kit,
  member: Member,
  { part, answer, share }: { readonly part: Part; readonly answer: Answer; readonly share: number },
): void {
  const seat = seatOf(member, part.index)
  const { jobs, nextDueAt } = answer.claimed
  seat.dueAt = nextDueAt
  if (share > 0) seat.isRich = jobs.length >= share
  for (const { id, fence } of jobs) {
    kit.ids.note(id, part.index)
    member.held.set(id, { part: part.index, fence, name: seat.name })
  }
}

/*
 * Calls are counted for each part apart: one answer may be lost alone, and not every part is asked in every call.
 */

/** Which answers of each part have arrived, now that those up to `received` have. */
export function acknowledge({ seats }: Member, { call, received }: Ask): void {
  for (const seat of seats) {
    const { last } = seat
    if (seat.calls === 0) Object.assign(seat, { calls: call - 1, received })
    if (received === 0) seat.received = 0
    else if (last && last.outer <= received) seat.received = last.own
    seat.last = undefined
  }
}

/** The call as the part counts it. In a second one for the same answer, that of the first has arrived. */
function countedFor(seat: Seat, { call }: Ask): Pick<Ask, 'call' | 'received'> {
  const isSecond = seat.last?.outer === call
  const received = isSecond ? (seat.last?.own ?? seat.received) : seat.received
  // As the worker counts where that will do. What comes must not be taken for something that has arrived.
  seat.calls = Math.max(call, seat.calls, received + 1)
  return { call: seat.calls, received }
}
