import { StoreError } from '../../job/errors.ts'
import type { Settled, Settlement } from '../../job/job.ts'
import type { Ask, CancelRequest, Claimed, Note, Store } from '../../store/index.ts'
import { groups, type Kit } from './kit.ts'
import { lostOf, type Member, seatOf } from './member.ts'
import { memberOf, type Members, missed } from './members.ts'
import { failureOf, isAwayError, type Part, patienceMs } from './part.ts'
import { type Heard, inRounds, type Place, queuesFor } from './rounds.ts'
import { acknowledge, askPart, nameFor } from './seating.ts'

/**
 * Settles in the partitions that have the jobs, and asks those that may have more: in a fair rotation, each for a share. A part that
 * does not answer holds nobody up: what was to be settled there has no answer.
 */
export async function exchange(members: Members, settlements: readonly Settlement[], ask: Ask) {
  const { kit } = members
  const member = memberOf(members, ask.worker)
  acknowledge(member, ask)
  const mine = groups(await placesOf(kit, member, settlements))
  const settled: (Settled | undefined)[] = settlements.map(() => undefined)
  const answer = (i: number, told: Settled) => {
    settled[i] = told
    const { id, fence } = settlements[i] as Settlement
    // The same answer may bring the job anew, under another fence.
    for (const jobs of [member.held, member.former]) if (jobs.get(id)?.fence === fence) jobs.delete(id)
  }
  for (const i of mine.get(gone) ?? []) answer(i, 'gone')
  const heard: Heard[] = []
  const errors: unknown[] = []
  const got = new Map<string, number>()
  const todo = new Set([...mine.keys()].filter((index) => index >= 0))
  const one = async (part: Part, share: number, place: Place): Promise<Heard | undefined> => {
    const indexes = todo.delete(part.index) ? (mine.get(part.index) ?? []) : []
    const batch = indexes.map((i) => settlements[i] as Settlement)
    const queues = queuesFor(kit, part, { queues: ask.queues, got, place })
    try {
      const told = await askPart(kit, member, part, { batch, ask: { ...ask, limit: share, queues } })
      told.settled.forEach((settlement, n) => answer(indexes[n] as number, settlement))
      for (const { queue } of told.claimed.jobs) got.set(queue, (got.get(queue) ?? 0) + 1)
      const { name } = seatOf(member, part.index)
      const found = { part, name, share, claimed: told.claimed }
      heard.push(found)
      return found
    } catch (error) {
      errors.push(error)
      return undefined
    }
  }
  await inRounds(kit, { member, ask, todo, one })
  const broken = errors.find((error) => !isAwayError(error))
  if (broken !== undefined) throw broken
  if (heard.length === 0) throw nobody(kit, errors)
  return { settled, claimed: await together(members, member, heard) }
}

/** What several parts answered, as one answer. */
async function together(members: Members, member: Member, heard: readonly Heard[]): Promise<Claimed> {
  const { parts } = members.kit
  const now = Math.max(...heard.map(({ claimed }) => claimed.now))
  const lost = heard.filter(({ claimed }) => claimed.lease === 'lost')
  if (lost.length > 0) await missed(members, member, lost)
  if (member.isOver) return { lease: 'lost', jobs: [], cancels: [], now }
  const dues = parts.map((part) => (part.isAway() ? undefined : seatOf(member, part.index).dueAt))
  const due = Math.min(...dues.map((at) => at ?? Infinity))
  const cancels = new Map<string, CancelRequest>()
  for (const one of heard.flatMap(({ claimed }) => claimed.cancels)) cancels.set(one.id, one)
  return {
    lease: 'held',
    jobs: heard.flatMap(({ claimed }) => claimed.jobs),
    cancels: [...cancels.values()],
    now,
    ...(due < Infinity && { nextDueAt: due }),
    ...(heard.some(({ claimed }) => claimed.suspects) && { suspects: true as const }),
    ...lostOf(member),
  }
}

/** Every part that was to be asked is away, or still owes an answer. */
function nobody({ parts }: Kit, errors: readonly unknown[]): unknown {
  const away = parts.filter((part) => part.isAway()).length
  const first = errors[0] ?? new StoreError('LW1032', `${away} of ${parts.length} partitions do not answer.`)
  return errors.length > 1 ? failureOf(errors.map((reason) => ({ status: 'rejected', reason }))) : first
}

export const settle = (members: Members, worker: string, settlements: readonly Settlement[]) =>
  fenced(members, worker, { items: settlements, write: (store, name, some) => store.settle(name, some) })

export const record = (members: Members, worker: string, notes: readonly Note[]) =>
  fenced(members, worker, { items: notes, write: (store, name, some) => store.record(name, some) })

interface Fenced<Item> {
  readonly items: readonly Item[]
  write(store: Store, name: string, some: readonly Item[]): Promise<readonly Settled[]>
}

/** What a worker writes about jobs that it holds, in whichever partition each is. */
async function fenced<Item extends { readonly id: string; readonly fence: number }>(
  members: Members,
  worker: string,
  { items, write }: Fenced<Item>,
): Promise<readonly Settled[]> {
  const { ids } = members.kit
  const member = memberOf(members, worker)
  for (const { id } of items) {
    const held = member.held.get(id)
    if (held) ids.note(id, held.part)
  }
  const answers: Settled[] = []
  for (const [name, mine] of groups(items.map((one) => nameFor(member, one) ?? worker))) {
    const some = mine.map((i) => items[i] as Item)
    const told = await ids.ask<Item, Settled>(some, {
      idOf: ({ id }) => id,
      ask: (store, few, { index }) => write(store, name === worker ? seatOf(member, index).name : name, few),
      isMissing: (answer) => answer === 'gone',
      patienceMs,
    })
    told.forEach((one, n) => (answers[mine[n] as number] = one))
  }
  return answers
}

/** The partition of each job; `gone` where none has it, `unknown` where one that is away may. */
const [gone, unknown] = [-1, -2]

async function placesOf(
  kit: Kit,
  member: Member,
  settlements: readonly Settlement[],
): Promise<readonly number[]> {
  const place = ({ id }: Settlement) => member.held.get(id)?.part ?? kit.ids.of(id)
  const open = settlements.filter((one) => place(one) === undefined).map(({ id }) => id)
  let otherwise = gone
  if (open.length > 0)
    await kit.ids
      .ask(open, {
        idOf: (id) => id,
        ask: (store, ids) => store.get(ids),
        isMissing: (job) => job === undefined,
        patienceMs,
      })
      .catch((error: unknown) => {
        if (!isAwayError(error)) throw error
        otherwise = unknown
      })
  return settlements.map((one) => place(one) ?? otherwise)
}
