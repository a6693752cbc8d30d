import type { Beat, Beaten, Store } from '../../store/index.ts'
import { partAt } from './kit.ts'
import { lostOf, type Member, seatOf } from './member.ts'
import { memberOf, type Members, rejoin } from './members.ts'

type Hear = (answer: Beaten | Error) => void

/**
 * Beats in every partition by itself. One that has lost the worker, or has not confirmed its lease for four fifths of its length,
 * costs it the jobs of that partition and no others.
 */
export async function keepBeating(
  members: Members,
  ...[one, pulse, hear]: Parameters<Store['keepBeating']>
): Promise<() => Promise<void>> {
  const { kit } = members
  const member = memberOf(members, one.worker)
  member.ttlMs = one.ttlMs
  const watch = watchOf(members, member, one)
  let isOver = false
  const begin = async (index: number): Promise<void> => {
    const seat = seatOf(member, index)
    const { name } = seat
    const isMine = () => !isOver && seat.name === name
    const hearIt: Hear = (answer) => void (isMine() && watch(index, answer, hear))
    seat.stopBeating = await partAt(kit, index).store.keepBeating({ ...one, worker: name }, pulse, hearIt)
    if (!isMine()) await seat.stopBeating()
  }
  member.tell = hear
  member.beatIn = (index) => void begin(index).catch(() => {})
  await Promise.all(kit.parts.map(({ index }) => begin(index)))
  return async () => {
    isOver = true
    member.tell = member.beatIn = undefined
    await Promise.allSettled(member.seats.map((seat) => seat.stopBeating?.()))
  }
}

/** What the beats of one partition mean for the worker. */
function watchOf(members: Members, member: Member, { ttlMs }: Beat) {
  const { parts, clock } = members.kit
  const heardAt = parts.map(() => clock.monotonic())
  const isFresh = (at: number | undefined) => clock.monotonic() - (at ?? -Infinity) < ttlMs * 0.8
  const giveUp = (index: number) => void rejoin(members, member, partAt(members.kit, index)).catch(() => {})
  return (index: number, answer: Beaten | Error, hear: Hear): void => {
    const isSilent = answer instanceof Error
    if (!isSilent && answer.lease === 'held') {
      heardAt[index] = clock.monotonic()
      return hear({ ...answer, ...lostOf(member) })
    }
    if (!isSilent) heardAt[index] = -Infinity
    const isAlone = !member.about || !heardAt.some(isFresh)
    if (isSilent || isAlone) hear(answer)
    if (isAlone || isFresh(heardAt[index])) return
    // A lease that nobody confirmed may be over, and its jobs with others.
    const holds = [...member.held.values()].some(({ part }) => part === index)
    if (!isSilent || holds) giveUp(index)
  }
}
