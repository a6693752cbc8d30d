import type { AnyTask } from '../../define/task.ts'
import { LegworkError } from '../../job/errors.ts'
import type { Store } from '../../store/index.ts'
import type { App } from '../../surface.ts'
import { actor, forPeople } from '../connect.ts'
import { parsePayload } from '../payload.ts'
import { noteOf } from '../view.ts'
import { exampleOf } from './example.ts'
import type { Wish, Wishes } from './messages.ts'

export interface Wishing {
  readonly app: App
  readonly tasks: ReadonlyMap<string, AnyTask>
  /** Queues that a key has paused. */
  readonly paused: Set<string>
}

type Grant<W extends Wish> = (wishing: Wishing, ask: Wishes[W]['ask']) => Promise<Wishes[W]['answer']>

/** Dead letters that are listed at once. */
const listed = 9

/** What the keys of `legwork dev` do, in the process that has the app. */
export const wishes: { readonly [W in Wish]: Grant<W> } = {
  async example({ app, tasks }, { task }) {
    const known = exampleOf(tasks.get(task))
    if (known !== undefined) return known
    const { jobs } = await forPeople(await app.store()).find({ task }, { limit: 1 })
    return jobs[0]?.payload ?? ''
  },
  async enqueue({ app, tasks }, { task, json }) {
    const input = json.trim() === '' ? undefined : parsePayload(json, 'input')
    return (await app.enqueue(taskIn(tasks, task), input)).id
  },
  async again({ app, tasks }, { id }) {
    const [job] = await (await app.store()).get([id])
    if (!job) throw new LegworkError('LW2301', `job ${id} is not in the store any more.`, { id })
    return (await app.enqueue(taskIn(tasks, job.task), await app.inputOf(id))).id
  },
  async dead({ app }) {
    const { jobs } = await forPeople(await app.store()).find({ states: ['dead'] }, { limit: listed })
    return jobs.map((job) => ({ id: job.id, task: job.task, note: noteOf(job, Date.now()) }))
  },
  async revive({ app }, { ids }) {
    const acted = await (await app.store()).act({ verb: 'retry', ids, by: actor('dev') })
    return acted.filter(({ outcome }) => outcome === 'done').length
  },
  async pause({ app, tasks, paused }, { on }) {
    const store = await app.store()
    const queues = [...new Set([...tasks.values()].map(({ policy }) => policy.queue))]
    const changed = await changing(store, queues, on)
    await store.setQueues(
      changed.map((name) => ({ name, paused: on ? { reason: 'with a key', by: actor('dev') } : null })),
    )
    for (const name of changed) if (on) paused.add(name)
    if (!on) paused.clear()
    return changed
  },
}

/** The queues that are not yet as they are wanted. */
async function changing(store: Store, queues: readonly string[], on: boolean): Promise<readonly string[]> {
  const counts = await store.counts(queues)
  const isPaused = new Set(counts.filter(({ paused }) => paused).map(({ queue }) => queue))
  return queues.filter((queue) => isPaused.has(queue) !== on)
}

function taskIn(tasks: ReadonlyMap<string, AnyTask>, name: string): AnyTask {
  const found = tasks.get(name)
  if (found) return found
  throw new LegworkError('LW1101', `no task ${name} in this app any more.`, { name })
}
