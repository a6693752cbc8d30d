import type { Schedule } from '../../job/schedule.ts'
import type { Fired, Firing, ScheduleChange, Schedules, Store } from '../../store/index.ts'
import { across, groups, homePart, type Kit, partAt } from './kit.ts'
import { all, failureOf, most, type Part } from './part.ts'
import { busy, reserve, tooLate } from './reserve.ts'

export const nameOfSchedule = (name: string): string => `schedule ${name}`

/** A schedule lives in the home of its queue and stays there, so that a slot and its job are one write, and no slot has two. */
export function schedulesWith(kit: Kit): Schedules {
  const desk: Desk = { kit, known: new Map() }
  return {
    list: (page) => list(desk, page),
    due: (limit) => due(desk, limit),
    async history(name, limit) {
      if (!desk.known.has(name)) await look(desk, [name])
      const at = desk.known.get(name)
      return at === undefined ? [] : partAt(kit, at).call((store) => store.schedules.history(name, limit))
    },
    async set(changes) {
      const answers: ('set' | 'stale')[] = []
      // Each may be in another partition, and one may depend on the one before.
      for (const change of changes) answers.push(await setOne(desk, change))
      return answers
    },
    fire: (firings) => fire(desk, firings),
  }
}

interface Desk {
  readonly kit: Kit
  /** Where schedules are, as far as this process has heard. */
  readonly known: Map<string, number>
}

const list = async ({ kit, known }: Desk, page: Parameters<Schedules['list']>[0]) => {
  const told = await all(kit.parts, async ({ schedules }, { index }) => ({
    index,
    found: await schedules.list(page),
  }))
  for (const name of page.names ?? []) known.delete(name)
  for (const { index, found } of told) for (const { name } of found) known.set(name, index)
  const found = told.flatMap((one) => one.found)
  return found.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, page.limit)
}

const look = (desk: Desk, names: readonly string[]): Promise<readonly Schedule[]> =>
  list(desk, { names, limit: names.length })

async function due({ kit, known }: Desk, limit: number) {
  // Who asks for none wants to know whether the store answers: all of it.
  if (limit === 0) await all(kit.parts, (store) => store.schedules.due(0))
  const told = await most(kit.parts, (store) => store.schedules.due(limit))
  const found = told.flatMap(({ part, answer: { schedules } }) => {
    for (const { name } of schedules) known.set(name, part.index)
    return schedules
  })
  found.sort((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0))
  const later = found[limit]?.nextAt ?? Infinity
  const next = Math.min(later, ...told.map(({ answer }) => answer.nextDueAt ?? Infinity))
  return {
    now: Math.max(...told.map(({ answer }) => answer.now)),
    schedules: found.slice(0, limit),
    ...(next < Infinity && { nextDueAt: next }),
  }
}

async function setOne(desk: Desk, change: ScheduleChange): Promise<'set' | 'stale'> {
  const { kit, known } = desk
  const { name, to, revision } = change
  const home = to && homePart(kit, to.plan.job.queue)
  // What this process has heard may be old: nothing new is made, and nothing refused, on that word alone.
  const isSure = revision > 0 && known.has(name) && (!home || known.get(name) === home.index)
  const [was] = isSure ? [] : await look(desk, [name])
  const at = known.get(name)
  if (home && was && at !== home.index) {
    if (was.revision !== revision) return 'stale'
    throw across(
      `schedule ${name} goes from queue ${was.plan.job.queue} to ${to.plan.job.queue}, which is in another partition, and no schedule moves. Give it another name, or remove it first, or choose a queue of the same partition.`,
      { schedule: name },
    )
  }
  const mayWrite = home && at === undefined ? await ownName(kit, name, home) : () => true
  if (!mayWrite()) throw tooLate(nameOfSchedule(name))
  const part = home ?? partAt(kit, at ?? 0)
  const [answer = 'stale'] = await part.call((store) => store.schedules.set([change]))
  if (home && answer === 'set') known.set(name, home.index)
  else known.delete(name)
  return answer
}

/** Of two that make a schedule at the same time for queues of different partitions, one comes too late. */
async function ownName(kit: Kit, name: string, home: Part): Promise<() => boolean> {
  const has = async ({ schedules }: Store) => (await schedules.list({ names: [name], limit: 1 })).length > 0
  const isThere = (index: number) => partAt(kit, index).call(has)
  const wanted = { name: nameOfSchedule(name), part: home.index, isThere }
  const { reserved, mayWrite } = await reserve(kit, [wanted])
  if (reserved[0] instanceof Error) throw reserved[0]
  if (reserved[0] !== undefined) throw busy(wanted.name)
  return mayWrite
}

/** A partition that does not answer leaves its schedules as they are, for the next look. */
async function fire(desk: Desk, firings: readonly Firing[]): Promise<readonly Fired[]> {
  const { kit, known } = desk
  const unknown = firings.map(({ name }) => name).filter((name) => !known.has(name))
  if (unknown.length > 0) await look(desk, unknown)
  const answers: Fired[] = firings.map(() => ({ outcome: 'stale' }))
  const calls = [...groups(firings.map(({ name }) => known.get(name) ?? -1))].filter(([place]) => place >= 0)
  const ends = await Promise.allSettled(
    calls.map(async ([place, mine]) => {
      const some = mine.map((i) => firings[i] as Firing)
      const told = await partAt(kit, place).call((store) => store.schedules.fire(some))
      told.forEach((one, n) => {
        answers[mine[n] as number] = one
        if (one.outcome === 'stale') known.delete(some[n]?.name ?? '')
        else for (const { id, outcome } of one.slots) if (outcome !== 'skipped') kit.ids.note(id, place)
      })
    }),
  )
  if (calls.length > 0 && ends.every(({ status }) => status === 'rejected')) throw failureOf(ends)
  return answers
}
