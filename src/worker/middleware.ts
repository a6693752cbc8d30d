import type { AnyTask } from '../define/task.ts'
import { WrongMoment } from '../job/errors.ts'
import type { Context, Handled, Handler } from './handler.ts'

/** What a middleware is given: the very context of the handler, and the task. Its own fields cannot be replaced; others may be added. */
export interface MiddlewareContext<Parsed = unknown, Progress = unknown> extends Context<Parsed, Progress> {
  readonly task: AnyTask
}

/**
 * Runs around each run of a handler. It calls `next()` once, which resolves with the handler's value or rejects with
 * what it threw; to end the run otherwise it throws. What it returns means nothing, and what a handler threw stays
 * thrown: a middleware may throw another error in its place, and cannot make it none.
 */
export type Middleware<Parsed = unknown, Progress = unknown> = (
  context: MiddlewareContext<Parsed, Progress>,
  next: () => Promise<unknown>,
) => unknown

/** A middleware, and the task that it is for; for all tasks without one. */
export interface Layer {
  readonly task?: AnyTask
  readonly run: Middleware
}

/** The handler with the layers around it, the first one outermost; the same handler where there are none. */
export function wrap(handled: Handled, layers: readonly Layer[]): Handled {
  const own = layers.filter(({ task }) => task === undefined || task.name === handled.task.name)
  if (own.length === 0) return handled
  const handler = handled.handler as Handler
  return {
    ...handled,
    handler: (context: Context) => through(own, lock(context, handled.task), handler),
  }
}

/** Keeps what the library gave as it was given. */
function lock(context: Context, task: AnyTask): MiddlewareContext {
  const whole = Object.assign(context, { task })
  // What is made when it is looked at has no value to replace.
  for (const [key, { get }] of Object.entries(Object.getOwnPropertyDescriptors(whole)))
    Object.defineProperty(
      whole,
      key,
      get ? { configurable: false } : { configurable: false, writable: false },
    )
  return whole
}

async function through(
  [layer, ...inside]: readonly Layer[],
  context: MiddlewareContext,
  handler: Handler,
): Promise<unknown> {
  if (!layer) return handler(context)
  const name = `${layer.run.name || 'a middleware'} (task ${context.task.name}, job ${context.job.id})`
  let inner: Promise<unknown> | undefined
  let isOver = false
  const next = () => {
    if (inner || isOver)
      throw new WrongMoment(
        'LW1242',
        `${name} called next() ${inner ? 'twice' : 'after it had ended'}. A job is run once; throw RetryIn to have it run again.`,
      )
    inner = through(inside, context, handler)
    // Whether a middleware looks at it or not, it is looked at below.
    inner.catch(() => {})
    return inner
  }
  try {
    await layer.run(context, next)
  } finally {
    isOver = true
    // The run has ended when all of it has, also where nobody waited for next().
    await inner?.catch(() => {})
  }
  if (inner) return inner
  throw new WrongMoment(
    'LW1243',
    `${name} ended without calling next(), so the handler did not run. Call it, or throw Snooze, Release or Dead to say what becomes of the job.`,
  )
}
