import type { AnyTask } from '../define/task.ts'
import { enqueueOptions, type EnqueueOptions } from '../enqueue/options.ts'
import { newStoreIn } from '../enqueue/new-store-in.ts'
import { noTransaction, type Producer } from '../enqueue/producer.ts'
import type { Clock } from '../job/clock.ts'
import { toMs } from '../job/duration.ts'
import type { Accepted } from '../job/job.ts'
import { checkKey, checkKnown, checkReason } from '../job/name.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { App, Enqueuer, InTransaction, RunOptions } from '../surface.ts'
import { type HandleKit, jobHandle, type JobHandle, lazyHandle } from '../watch/handle.ts'
import type { Opened, Opening } from './opening.ts'

interface EnqueuingKit {
  readonly opening: Opening
  readonly producer: Producer
  readonly clock: Clock
  readonly wrapping: Wrapping
}

/** Which task it is of, only the types know. */
type Handle = JobHandle<never, never>

/** The verbs that hand jobs in, and the handles by which they are followed. */
export function enqueuing(kit: EnqueuingKit): Enqueuer & Pick<App, 'run' | 'in' | 'job'> {
  const { opening, producer } = kit
  const handleOf = handles(kit)
  const enqueue = async (task: AnyTask, input?: unknown, options?: EnqueueOptions): Promise<Handle> => {
    const accepted = await producer.enqueue(task, input, options)
    // The job was just written, so the store is open, or was.
    return handleOf((await opening.opened()) as Opened, accepted)
  }
  return {
    enqueue,
    enqueueMany: async (task: AnyTask, inputs: readonly unknown[], options?: EnqueueOptions) => {
      const accepted = await producer.enqueueMany(task, inputs, options)
      const opened = await opening.opened()
      return opened ? accepted.map((one) => handleOf(opened, one)) : []
    },
    async run(task: AnyTask, input?: unknown, allOptions: RunOptions = {}): Promise<never> {
      checkKnown(allOptions, ['timeout', ...enqueueOptions], 'run option')
      const { timeout, ...options } = allOptions
      // Before the job is written.
      if (timeout !== undefined) toMs(timeout, 'timeout')
      const job = await enqueue(task, input, options)
      return job.result(timeout === undefined ? {} : { timeout })
    },
    in: (tx) => inTransaction(kit, tx),
    job(id: string, task?: AnyTask) {
      checkKey(id, 'id')
      const about = { id, task: task?.name ?? '' }
      return lazyHandle(about, async () => handleOf(await opening.open(), { ...about, outcome: 'duplicate' }))
    },
  }
}

function inTransaction(kit: EnqueuingKit, tx: unknown): InTransaction {
  const { opening, producer } = kit
  const handleOf = handles(kit)
  const open = async (): Promise<Opened> => {
    try {
      return await opening.open(tx)
    } catch (error) {
      throw newStoreIn(error)
    }
  }
  return {
    enqueue: async (task: AnyTask, input?: unknown, options?: EnqueueOptions) => {
      const opened = await open()
      return handleOf(opened, await producer.in(tx).enqueue(task, input, options))
    },
    enqueueMany: async (task: AnyTask, inputs: readonly unknown[], options?: EnqueueOptions) => {
      const opened = await open()
      const accepted = await producer.in(tx).enqueueMany(task, inputs, options)
      return accepted.map((one) => handleOf(opened, one))
    },
    async cancel(id, reason = 'cancelled by the application') {
      checkKey(id, 'id')
      const order = {
        verb: 'cancel',
        ids: [id],
        by: 'application',
        reason: checkReason(reason, 'reason'),
      } as const
      const { store } = await open()
      // A store takes nothing for no transaction at all, and the job would stay cancelled after a rollback.
      const [acted] = await store.act(order, { tx: tx ?? noTransaction(tx) })
      return acted?.outcome ?? 'gone'
    },
  }
}

function handles({ clock, wrapping }: EnqueuingKit) {
  let kit: HandleKit | undefined
  return (
    { store, lookout }: Opened,
    { id, task, outcome }: Pick<Accepted, 'id' | 'task' | 'outcome'>,
  ): Handle => {
    if (kit?.lookout !== lookout) kit = { store, clock, lookout, wrapping }
    return jobHandle(kit, { id, task, duplicate: outcome !== 'created' }) as Handle
  }
}
