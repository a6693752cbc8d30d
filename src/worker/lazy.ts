import { Release } from '../define/verdicts.ts'
import type { AnyTask } from '../define/task.ts'
import type { Clock } from '../job/clock.ts'
import { clip, InvalidOption, UnknownThing } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { Logger } from '../job/logger.ts'
import type { Context, Handler } from './handler.ts'

/** A handler that is imported when it is needed. */
export interface Lazy<Module = unknown> {
  readonly kind: 'lazy'
  load(): Promise<Module> | Module
}

/** Where a handler may be in a module: its default export, the export named as the task, or the loaded value itself. */
export type Exporting<Name extends string, H> = H | { readonly default: H } | { readonly [K in Name]: H }

/**
 * Leaves a handler's module alone until the first job of its task comes, or until `start({ preload: true })`. While it
 * cannot be loaded its jobs are given back without a failure (LW1311), and it is tried again, after 1 s to 1 min.
 * @throws {InvalidOption} LW1201
 * @example
 * app.handle(resize, lazy(() => import('./resize.js')))
 */
export function lazy<Module>(load: () => Promise<Module> | Module): Lazy<Module> {
  if (typeof load !== 'function')
    throw new InvalidOption('lazy', load, "a function such as () => import('./resize.js')")
  return { kind: 'lazy', load }
}

export const isLazy = (value: unknown): value is Lazy =>
  (value as Lazy | null | undefined)?.kind === 'lazy' && typeof (value as Lazy).load === 'function'

export interface Loading {
  readonly handler: Handler
  /** Loads it before it is needed. @throws {UnknownThing} LW1311 */
  preload(): Promise<void>
}

export interface LoadingKit {
  readonly clock: Clock
  readonly log: Logger
}

/** Loads a handler once; after a failure not again before a wait that doubles, for a module rarely mends itself at once. */
export function loading(task: AnyTask, { load: importIt }: Lazy, { clock, log }: LoadingKit): Loading {
  let loaded: Promise<Handler> | undefined
  let failures = 0
  let againAt = -Infinity
  const fail = (error: unknown): never => {
    const waitMs = Math.min(60_000, 1_000 * 2 ** failures)
    failures += 1
    againAt = clock.monotonic() + waitMs
    log.error(
      { task: task.name, err: toErrorInfo(error) },
      `${messageOf(error)}; trying again in ${waitMs / 1_000} s`,
    )
    throw error
  }
  const load = () => {
    if (failures > 0 && clock.monotonic() >= againAt) {
      loaded = undefined
      againAt = Infinity
    }
    loaded ??= importHandler(task, importIt).catch(fail)
    return loaded
  }
  const handler = async (context: Context) => {
    const found = await load().catch((error: unknown) => {
      throw new Release(messageOf(error), Math.max(1, Math.min(60_000, againAt - clock.monotonic())))
    })
    return found(context)
  }
  const preload = async () => {
    loaded = Promise.resolve(await importHandler(task, importIt))
  }
  return { handler, preload }
}

const messageOf = (error: unknown): string => toErrorInfo(error).message

async function importHandler(task: AnyTask, importIt: Lazy['load']): Promise<Handler> {
  let found: unknown
  try {
    found = await importIt()
  } catch (cause) {
    const { name, message } = toErrorInfo(cause)
    const text = `the handler of ${task.name} could not be loaded: ${name}: ${clip(message, 500)}`
    throw new UnknownThing('LW1311', text, { task: task.name }, { cause })
  }
  const handler = pickHandler(found, task.name)
  if (handler) return handler
  const names = typeof found === 'object' && found !== null ? Object.keys(found) : []
  const text = `the module of ${task.name} exports no handler: neither default nor ${JSON.stringify(task.name)} is a function; it has ${names.join(', ') || 'nothing'}`
  throw new UnknownThing('LW1311', text, { task: task.name, exports: names })
}

/** A CommonJS module that was compiled from an ES module has its exports one level deeper. */
export function pickHandler(found: unknown, name: string, depth = 0): Handler | undefined {
  if (typeof found === 'function') return found as Handler
  if (typeof found !== 'object' || found === null) return undefined
  const { [name]: named, default: main } = found as Record<string, unknown>
  if (typeof named === 'function') return named as Handler
  return depth < 2 ? pickHandler(main, name, depth + 1) : undefined
}
