import type { Store } from '../../store/index.ts'
import { partAt } from './kit.ts'
import { confirm, isDoubtful, isHeld, lostOf, type Member, seatOf } from './member.ts'
import { memberOf, type Members, rejoin, vacated } from './members.ts'

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
  let isOver = false
  const begin = async (index: number): Promise<void> => {
    const seat = seatOf(member, index)
    const { name } = seat
    const part = partAt(kit, index)
    const isMine = () => !isOver && !member.isOver && seat.name === name
    seat.stopBeating = await part.store.keepBeating({ ...one, worker: name }, pulse, (answer, sentAt) => {
      if (!isMine()) return
      if (answer instanceof Error) return hear(answer, sentAt)
      if (answer.lease === 'lost') return void vacated(members, member, [{ part, name }])
      confirm(seat, name, sentAt)
      hear({ ...answer, ...lostOf(member) }, sentAt)
    })
    if (!isMine()) await seat.stopBeating()
  }
  const stopLooking = doubting(members, member)
  member.tell = hear
  member.beatIn = (index) => void begin(index).catch(() => {})
  await Promise.all(kit.parts.map(({ index }) => begin(index)))
  return async () => {
    isOver = true
    stopLooking()
    member.tell = member.beatIn = undefined
    await Promise.allSettled(member.seats.map((seat) => seat.stopBeating?.()))
  }
}

/** How long an answer may lie in this process before it is heard, after its event loop was blocked. */
const hearingMs = 100

/** Gives up, part by part, what may be with others. Where all is in doubt the worker itself will say so. */
function doubting(members: Members, member: Member): () => void {
  const { kit } = members
  const { clock, parts } = kit
  const inDoubt = (): readonly number[] => {
    const now = clock.monotonic()
    if (member.isOver || !isHeld(member, now)) return []
    return parts.map(({ index }) => index).filter((index) => isDoubtful(member, index, now))
  }
  const after = (ms: number, then: () => void) => clock.after(ms, then, { idle: true })
  let stop = after(member.ttlMs / 10, look)
  function look(): void {
    stop = after(member.ttlMs / 10, look)
    const before = inDoubt()
    if (before.length === 0) return
    stop()
    // After a blocked loop the timers come before the messages: confirmations may be waiting.
    stop = after(hearingMs, () => {
      stop = after(member.ttlMs / 10, look)
      for (const index of inDoubt().filter((one) => before.includes(one)))
        void rejoin(members, member, partAt(kit, index)).catch(() => {})
    })
  }
  return () => stop()
}
