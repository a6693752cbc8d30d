import type { Schedule } from '../../job/schedule.ts'
import type { Fired, Firing, ScheduleChange, Schedules } from '../../store/index.ts'
import { nameOfJob } from './enqueue.ts'
import { across, groups, homePart, type Kit, partAt } from './kit.ts'
import { all, most, type Part } from './part.ts'
import { busy, reserve } from './reserve.ts'

export const nameOfSchedule = (name: string): string => `schedule ${name}`

/** A schedule lives in the home of its queue, so that a slot and its job are one write. */
export function schedulesWith(kit: Kit): Schedules {
  /** Where schedules are, as far as this process has heard. */
  const known = new Map<string, number>()
  const locate = async (names: readonly string[]): Promise<void> => {
    const open = names.filter((name) => !known.has(name))
    if (open.length > 0) await schedules.list({ names: open, limit: open.length })
  }
  const schedules: Schedules = {
    async list(page) {
      const told = await all(kit.parts, async (store, part) => ({
        part,
        found: await store.schedules.list(page),
      }))
      const found = await single(kit, told)
      for (const { part, schedule } of found) known.set(schedule.name, part.index)
      const sorted = found.map(({ schedule }) => schedule).sort((a, b) => (a.name < b.name ? -1 : 1))
      return sorted.slice(0, page.limit)
    },
    async due(limit) {
      // Who asks for none wants to know whether the store answers: all of it.
      if (limit === 0) await all(kit.parts, (store) => store.schedules.due(0))
      const told = await most(kit.parts, (store) => store.schedules.due(limit))
      const found = told
        .flatMap(({ part, answer: { schedules: some } }) => {
          for (const { name } of some) known.set(name, part.index)
          return some
        })
        .sort((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0))
      const [now, later] = [found.slice(0, limit), found[limit]]
      const next = Math.min(
        later?.nextAt ?? Infinity,
        ...told.map(({ answer }) => answer.nextDueAt ?? Infinity),
      )
      return {
        now: Math.max(...told.map(({ answer }) => answer.now)),
        schedules: now,
        ...(next < Infinity && { nextDueAt: next }),
      }
    },
    async history(name, limit) {
      await locate([name])
      const at = known.get(name)
      return at === undefined ? [] : partAt(kit, at).call((store) => store.schedules.history(name, limit))
    },
    async set(changes) {
      const answers: ('set' | 'stale')[] = []
      // Each may be in another partition, and one may depend on the one before.
      for (const change of changes) answers.push(await setOne(kit, change, known, locate))
      return answers
    },
    async fire(firings) {
      await locate(firings.map(({ name }) => name))
      const answers: Fired[] = firings.map(() => ({ outcome: 'stale' }))
      const places = firings.map(({ name }) => known.get(name) ?? -1)
      await Promise.all(
        [...groups(places)].map(async ([place, mine]) => {
          if (place < 0) return
          const some = mine.map((i) => firings[i] as Firing)
          const told = await fireAt(kit, partAt(kit, place), some)
          told.forEach((one, n) => {
            answers[mine[n] as number] = one
            // It may have moved to another partition.
            if (one.outcome === 'stale') known.delete(some[n]?.name ?? '')
          })
        }),
      )
      return answers
    },
  }
  return schedules
}

interface Found {
  readonly part: Part
  readonly schedule: Schedule
}

/** A schedule that is in two partitions was about to move when its mover died: the one that its name stands for stays. */
async function single(
  kit: Kit,
  told: readonly { readonly part: Part; readonly found: readonly Schedule[] }[],
): Promise<readonly Found[]> {
  const every = told.flatMap(({ part, found }) => found.map((schedule) => ({ part, schedule })))
  const twins = [...groups(every.map(({ schedule }) => schedule.name))].filter(([, of]) => of.length > 1)
  const gone = new Set<Found>()
  for (const [name, of] of twins) {
    const both = of.map((i) => every[i] as Found)
    const text = nameOfSchedule(name)
    const value = String(both[0]?.part.index)
    const [standing] = await partAt(kit, kit.places.ofId(text)).call(
      async (store) => store.names?.take([{ name: text, value }]) ?? [],
    )
    const stays = both.find(({ part }) => String(part.index) === standing?.value) ?? both[0]
    for (const one of both) {
      if (one === stays) continue
      gone.add(one)
      const { revision } = one.schedule
      await one.part.call((store) => store.schedules.set([{ name, revision, to: null }]))
    }
  }
  return every.filter((one) => !gone.has(one))
}

type Known = Map<string, number>

async function setOne(
  kit: Kit,
  change: ScheduleChange,
  known: Known,
  locate: (names: readonly string[]) => Promise<void>,
): Promise<'set' | 'stale'> {
  const { name, to } = change
  await locate([name])
  const at = known.get(name)
  const set = async (part: Part, one: ScheduleChange) =>
    (await part.call((store) => store.schedules.set([one])))[0] ?? 'stale'
  if (to === null) {
    const answer = await set(partAt(kit, at ?? 0), change)
    known.delete(name)
    return answer
  }
  const home = homePart(kit, to.plan.job.queue)
  if (at !== undefined && at !== home.index) return move(kit, change, { from: partAt(kit, at), home, known })
  if (at === undefined) await ownName(kit, name, home)
  const answer = await set(home, change)
  if (answer === 'set') known.set(name, home.index)
  else known.delete(name)
  return answer
}

/** Of two that make a schedule at the same time for queues of different partitions, one comes too late. */
async function ownName(kit: Kit, name: string, home: Part): Promise<void> {
  const isThere = async (index: number) =>
    (await partAt(kit, index).call((store) => store.schedules.list({ names: [name], limit: 1 }))).length > 0
  const wanted = { name: nameOfSchedule(name), part: home.index, isThere }
  const { reserved } = await reserve(kit, [wanted])
  if (reserved[0] instanceof Error) throw reserved[0]
  if (reserved[0] !== undefined) throw busy(wanted.name)
}

interface Moving {
  readonly from: Part
  readonly home: Part
  readonly known: Known
}

/**
 * Its queue is another one now, in another partition: it is made there, its name stands for that, and then it is removed here.
 * Whoever dies between leaves two, whose slots have one job each, and of which the next look leaves one.
 */
async function move(
  kit: Kit,
  change: ScheduleChange,
  { from, home, known }: Moving,
): Promise<'set' | 'stale'> {
  const { name, to } = change
  if (!to) return 'stale'
  const [was] = await from.call((store) => store.schedules.list({ names: [name], limit: 1 }))
  if (!was || was.revision !== change.revision) return 'stale'
  if (to.plan.limit !== undefined || was.running + was.waiting > 0)
    throw across(
      `schedule ${name} goes from queue ${was.plan.job.queue} to ${to.plan.job.queue}, which is in another partition, and it ${to.plan.limit === undefined ? 'has jobs that are not done' : 'counts its jobs'}: these do not move. ${to.plan.limit === undefined ? 'Wait until they are done' : 'Remove it, and make it anew'}, or choose a queue of the same partition.`,
      { schedule: name },
    )
  const [there] = await home.call((store) => store.schedules.list({ names: [name], limit: 1 }))
  const [made] = await home.call((store) =>
    store.schedules.set([{ ...change, revision: there?.revision ?? 0 }]),
  )
  if (made !== 'set') return 'stale'
  const text = nameOfSchedule(name)
  const taking = { name: text, value: String(home.index), instead: String(from.index) }
  await partAt(kit, kit.places.ofId(text)).call(async (store) => store.names?.take([taking]))
  await from.call((store) => store.schedules.set([{ name, revision: was.revision, to: null }]))
  known.set(name, home.index)
  return 'set'
}

/** A slot whose job is in another partition, because its schedule was there, has its job. */
async function fireAt(kit: Kit, part: Part, firings: readonly Firing[]): Promise<readonly Fired[]> {
  const ids = firings.flatMap(({ slots }) => slots.map(({ job }) => job.id))
  const { reserved, mayWrite } = await reserve(
    kit,
    ids.map((id) => ({
      name: nameOfJob(id),
      part: part.index,
      isThere: async (index) => (await partAt(kit, index).call((store) => store.get([id])))[0] !== undefined,
    })),
  )
  const failed = reserved.find((one) => one instanceof Error)
  if (failed) throw failed
  if (ids.length > 0 && !mayWrite()) throw busy(nameOfJob(ids[0] as string))
  const elsewhere = new Set(ids.filter((_, i) => reserved[i] !== undefined))
  const told = await part.call((store) =>
    store.schedules.fire(
      firings.map((one) => ({ ...one, slots: one.slots.filter(({ job }) => !elsewhere.has(job.id)) })),
    ),
  )
  return told.map((fired, i) => {
    if (fired.outcome === 'stale') return fired
    const made = [...fired.slots]
    for (const { id } of made) kit.ids.note(id, part.index)
    const slots = (firings[i] as Firing).slots.map(({ job }) =>
      elsewhere.has(job.id) ? { id: job.id, outcome: 'known' as const } : made.shift(),
    )
    return { ...fired, slots: slots.filter((slot) => slot !== undefined) }
  })
}
