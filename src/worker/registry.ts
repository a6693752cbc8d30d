import { type AnyTask, isTask, notATask } from '../define/task.ts'
import { InvalidOption, UnknownThing } from '../job/errors.ts'
import { batched } from './batch.ts'
import type { Handled, Handler } from './handler.ts'
import { type Isolates, isolatesFor } from './isolate/isolates.ts'
import { isLazy, type Loading, type LoadingKit, loading } from './lazy.ts'
import { type Layer, type Middleware, wrap } from './middleware.ts'

/** What an app does for which task, as it was told before it started. */
export interface Registry {
  readonly handled: ReadonlyMap<string, Handled>
  readonly layers: readonly Layer[]
  /** @throws {InvalidOption} LW1201, LW1203 for a second handler. @throws {UnknownThing} LW1101 for what is no task. */
  handle(task: AnyTask, handler: unknown, refuseLate: () => void): void
  /** A handler of many jobs at once. @throws {InvalidOption} LW1201, LW1203. @throws {UnknownThing} LW1101 */
  handleBatch(task: AnyTask, args: readonly unknown[], refuseLate: () => void): void
  /** A middleware, or a task and a middleware for it alone. @throws {InvalidOption} LW1201 */
  use(args: readonly unknown[], refuseLate: () => void): void
  /** Takes over what another registry was told; batches do not wait here, for in a test time stands still. */
  adopt(other: Registry): void
  /** Loads every lazy handler now. @throws {UnknownThing} LW1311 */
  preload(): Promise<void>
  /** Ends the isolates of its handlers. */
  close(): void
  /** The handlers as a worker calls them, with their middleware. @throws {UnknownThing} LW1101 for a middleware of an unhandled task. */
  ready(): ReadonlyMap<string, Handled>
}

export function registry(kit: LoadingKit): Registry {
  const handled = new Map<string, Handled>()
  const layers: Layer[] = []
  const lazies: Loading[] = []
  const isolated: Isolates[] = []
  return {
    handled,
    layers,
    handle(task, handler, refuseLate) {
      checkNew(handled, 'handle', task)
      const apart = isolatesFor(task, handler, kit)
      if (typeof handler !== 'function' && !isLazy(handler) && !apart)
        throw new InvalidOption(
          `handler of ${task.name}`,
          handler,
          "a function, lazy(() => import('./file.js')), or isolated(new URL('./file.js', import.meta.url))",
        )
      refuseLate()
      const late = isLazy(handler) ? loading(task, handler, kit) : undefined
      if (late) lazies.push(late)
      if (apart) isolated.push(apart)
      // Its input and output are the task's; only the caller can see them.
      handled.set(task.name, { task, handler: (apart ?? late)?.handler ?? (handler as Handler) })
    },
    handleBatch(task, [options, handler], refuseLate) {
      checkNew(handled, 'handleBatch', task)
      refuseIsolate(task)
      const one = batched(task, options, handler)
      refuseLate()
      handled.set(task.name, one)
    },
    use(args, refuseLate) {
      const [first, second] = args
      const run = args.length > 1 ? second : first
      if (args.length > 1 && !isTask(first)) throw notATask('use', first)
      if (typeof run !== 'function')
        throw new InvalidOption('use', run, 'a middleware: async (context, next) => { await next() }')
      refuseLate()
      layers.push({ run: run as Middleware, ...(isTask(first) && { task: first }) })
    },
    adopt(other) {
      for (const [name, one] of other.handled) handled.set(name, one.batch?.hasty() ?? one)
      layers.push(...other.layers)
    },
    async preload() {
      await Promise.all(lazies.map(({ preload }) => preload()))
    },
    close() {
      for (const one of isolated) one.close()
    },
    ready() {
      for (const { task } of layers)
        if (task && !handled.has(task.name))
          throw new UnknownThing(
            'LW1101',
            `use(${task.name}) adds a middleware to a task that has no handler in this app. Handle the task, or remove the middleware.`,
          )
      if (layers.length === 0) return handled
      return new Map([...handled].map(([name, one]) => [name, wrap(one, layers)]))
    },
  }
}

/** @throws {InvalidOption} LW1201 */
function refuseIsolate({ name, policy: { isolate } }: AnyTask): void {
  if (!isolate) return
  const expected = 'a task without isolate: an isolate runs one job at a time, and a batch is many'
  throw new InvalidOption('handleBatch', name, expected)
}

function checkNew(
  handled: ReadonlyMap<string, Handled>,
  verb: string,
  task: unknown,
): asserts task is AnyTask {
  if (!isTask(task)) throw notATask(verb, task)
  if (!handled.has(task.name)) return
  throw new InvalidOption(
    verb,
    task.name,
    'a task without a handler: this one has a handler in this app. Remove one of the two app.handle() calls',
    'LW1203',
  )
}

/** What a worker says of the payload versions that it knows: of its tasks that are not at 1. */
export function knownVersions(handled: ReadonlyMap<string, Pick<Handled, 'task'>>): {
  readonly versions?: Readonly<Record<string, number>>
} {
  const later = [...handled.values()].filter(({ task }) => task.policy.version !== 1)
  if (later.length === 0) return {}
  return { versions: Object.fromEntries(later.map(({ task }) => [task.name, task.policy.version])) }
}
