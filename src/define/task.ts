import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Backoff, exponential, tame } from '../job/backoff.ts'
import { defaults } from '../job/defaults.ts'
import { type Duration, toMs } from '../job/duration.ts'
import { InvalidOption, show, UnknownThing } from '../job/errors.ts'
import type { OnCrash, Retention } from '../job/job.ts'
import { checkCount, checkKnown, checkName } from '../job/name.ts'
import { checkPaths } from '../job/paths.ts'
import { type Isolate, type Isolation, toIsolation } from './isolation.ts'
import type { RetryPolicy } from '../job/settle.ts'
import type { FinalState } from '../job/state.ts'
import type { Hide } from '../job/wrapping.ts'
import { checkUpcasters, type Upcasters } from './upcast.ts'
import { toUniquePolicy, type UniqueOptions, type UniquePolicy } from './unique.ts'

/**
 * A kind of work, as a value: what goes in, what comes out, and how it is tried. It holds no connection and no
 * handler code, so a web page, an edge function and a test can import it.
 */
export interface Task<
  Name extends string = string,
  In = unknown,
  Parsed = unknown,
  Out = unknown,
  Progress = unknown,
  Returned = unknown,
> {
  readonly kind: 'task'
  readonly name: Name
  readonly input: StandardSchemaV1<In, Parsed> | undefined
  readonly output: StandardSchemaV1<Returned, Out> | undefined
  readonly policy: Policy
  /** Types only; never set. */
  readonly '~types'?: {
    readonly in: In
    readonly parsed: Parsed
    readonly out: Out
    readonly progress: Progress
    readonly returned: Returned
  }
}

/** A task of any types. */
export type AnyTask = Task

/** True for what `task()` made, by this copy of the package or another one. */
export const isTask = (value: unknown): value is AnyTask =>
  (value as AnyTask | null | undefined)?.kind === 'task' && typeof (value as AnyTask).policy === 'object'

export type InputOf<T extends AnyTask> = NonNullable<T['~types']>['in']
export type OutputOf<T extends AnyTask> = NonNullable<T['~types']>['out']

export const notATask = (verb: string, value: unknown): UnknownThing =>
  new UnknownThing(
    'LW1101',
    `${verb}: got ${show(value)} where a task is expected. Pass the value that task('name', …) gave you.`,
  )

/** How jobs of a task are treated, with every default filled in. Times in milliseconds. */
export interface Policy {
  readonly queue: string
  readonly priority: number
  readonly retry: RetryPolicy & { readonly when?: RetryWhen }
  readonly timeoutMs?: number
  readonly deadlineMs?: number
  readonly ttlMs?: number
  readonly version: number
  readonly upcast?: Upcasters
  /** Absent where nothing is hidden. */
  readonly hide?: Hide
  readonly retain: Retention
  readonly tags: readonly string[]
  readonly onCrash: OnCrash
  readonly unique?: UniquePolicy
  readonly isolate?: Isolation
}

/** `true`: retry by policy; `false`: dead at once; a duration: retry after that wait. */
export type RetryWhen = (error: unknown, attempt: number) => boolean | Duration

/** 0 runs first, 9 last; each step is worth a minute of waiting. */
export type Priority = 'high' | 'normal' | 'low' | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

export interface TaskOptions {
  /** Where its jobs wait. Default `default`. */
  readonly queue?: string
  /** Default `normal` (5); `high` is 2, `low` is 8. */
  readonly priority?: Priority
  /** Default 10 attempts, exponential backoff from 1 s to 1 h with full jitter. */
  readonly retry?: {
    readonly attempts?: number
    readonly backoff?: Backoff
    readonly when?: RetryWhen
    /**
     * Whether another process is to run it next, for what may be the fault of the machine or the process. While no other live
     * worker can, and 30 s after it is due, anyone may. Default `false`.
     */
    readonly elsewhere?: boolean
  }
  /** Of one attempt. Default none. */
  readonly timeout?: Duration
  /** Of the whole job from enqueue, through all retries. Default none. */
  readonly deadline?: Duration
  /** A job not started by then is dead (expired). Default none. */
  readonly ttl?: Duration
  /** Version of the payload's shape. A worker never claims a newer one than it knows. Default 1. */
  readonly version?: number
  /** Makes payloads of older versions fit, step by step: `{ 1: (old) => … }` makes version 2 of version 1. */
  readonly upcast?: Upcasters
  /**
   * Parts of payloads and results that no person sees, such as `card.number`, `items.*.secret` or `**.password`. Only
   * the handler does. Their values are taken out of errors and logs too.
   */
  readonly redact?: readonly string[]
  /**
   * Parts of the payload to encrypt, or `true` for all of it; the app needs `keys`. Results, progress, logs and the
   * messages of errors of such a task are encrypted whole, for they may quote them.
   */
  readonly encrypt?: true | readonly string[]
  /** How long finished jobs are kept. Default: completed 1 day, cancelled 7 days, dead for ever. */
  readonly retain?: { readonly [S in FinalState]?: Duration | 'forever' }
  readonly tags?: readonly string[]
  /**
   * What it means when a worker is lost while it runs the job. `retry` (the default): it runs again and no failure is counted;
   * `fail`: it counts as a failure; `dead`: it is never run again by itself, for work that must not be repeated blindly.
   */
  readonly onCrash?: OnCrash
  /** Runs the handler in a thread or process of its own; it is then given as `isolated(…)`. Default: in the worker itself. */
  readonly isolate?: Isolate
}

/** Apart from the other options, because `by` knows the type of the input. */
export interface Uniqueness<In> {
  /** At most one job with the same key at a time; `true` makes the whole input the key. */
  readonly unique?: true | UniqueOptions<In>
}

export interface Schemas<In, Parsed, Out, Progress, Returned> {
  /** What a producer passes in and, after parsing, what the handler receives. Without it the task takes no input. */
  readonly input?: StandardSchemaV1<In, Parsed>
  /** What the handler returns and, after parsing, `result()` gives. Without it any JSON value may be returned. */
  readonly output?: StandardSchemaV1<Returned, Out>
  /** Types the data of `progress()`; it is not validated. */
  readonly progress?: StandardSchemaV1<Progress, unknown>
}

/**
 * Defines a task. `input` and `output` take any Standard Schema (zod, valibot, arktype, …); both may be left out.
 * @throws {InvalidOption} LW1201 for a bad name or option.
 * @example
 * const resize = task('image.resize', { input: z.object({ key: z.string(), width: z.number() }), retry: { attempts: 3 } })
 */
export function task<
  const Name extends string,
  In = undefined,
  Parsed = In,
  Out = unknown,
  Progress = unknown,
  Returned = Out,
>(
  name: Name,
  options: Schemas<In, Parsed, Out, Progress, Returned> & TaskOptions & Uniqueness<NoInfer<In>> = {},
): Task<Name, In, Parsed, Out, Progress, Returned> {
  checkName(name, 'task name')
  checkKnown(options, known, 'task option')
  checkSchema(options.input, `task ${name}: input`)
  checkSchema(options.output, `task ${name}: output`)
  return { kind: 'task', name, input: options.input, output: options.output, policy: toPolicy(name, options) }
}

/** A schema that checks nothing: types without validation, for trusted producers. */
export function unchecked<T>(): StandardSchemaV1<T, T> {
  return { '~standard': { version: 1, vendor: 'legwork', validate: (value) => ({ value: value as T }) } }
}

function toPolicy(name: string, o: TaskOptions & Uniqueness<never>): Policy {
  const at = (option: string) => `task ${name}: ${option}`
  const optionalMs = (value: Duration | undefined, option: string) =>
    value === undefined ? undefined : toMs(value, at(option), 1)
  checkKnown(o.retry ?? {}, ['attempts', 'backoff', 'when', 'elsewhere'], at('retry option'))
  const [timeoutMs, deadlineMs, ttlMs] = [
    optionalMs(o.timeout, 'timeout'),
    optionalMs(o.deadline, 'deadline'),
    optionalMs(o.ttl, 'ttl'),
  ]
  return {
    queue: o.queue === undefined ? defaults.queue : checkName(o.queue, at('queue')),
    priority: toPriority(o.priority ?? 'normal', at('priority')),
    retry: {
      attempts: checkCount(o.retry?.attempts ?? defaults.attempts, at('retry.attempts'), 1, 1_000),
      backoff: tame(
        checkFunction(o.retry?.backoff, at('retry.backoff'), ", such as exponential() or fixed('5s')") ??
          exponential(),
      ),
      ...(checkFlag(o.retry?.elsewhere, at('retry.elsewhere')) && { elsewhere: true }),
      ...(o.retry?.when !== undefined && {
        when: checkFunction(o.retry.when, at('retry.when')) as RetryWhen,
      }),
    },
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(ttlMs !== undefined && { ttlMs }),
    ...toShape(o, at),
    retain: toRetention(o.retain, at('retain')),
    tags: checkTags(o.tags, at('tags')),
    onCrash: toOnCrash(o.onCrash ?? 'retry', at('onCrash')),
    ...(o.unique !== undefined && { unique: toUniquePolicy(o.unique, at('unique')) }),
    ...(o.isolate !== undefined && { isolate: toIsolation(o.isolate, at('isolate')) }),
  }
}

function checkFlag(value: boolean | undefined, option: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true
  throw new InvalidOption(option, value, 'true or false')
}

function toOnCrash(value: OnCrash, option: string): OnCrash {
  if (['retry', 'fail', 'dead'].includes(value)) return value
  throw new InvalidOption(option, value, 'retry, fail or dead')
}

function toShape({ version: given, upcast, redact, encrypt }: TaskOptions, at: (option: string) => string) {
  const version = checkCount(given ?? 1, at('version'), 1, 1_000_000)
  const upcasters = checkUpcasters(upcast, version, at('upcast'))
  const rules = redact === undefined ? [] : checkPaths(redact, at('redact'))
  const parts =
    encrypt === undefined || encrypt === true
      ? encrypt
      : checkPaths(encrypt, `${at('encrypt')} (or true for all)`)
  const hidesParts = parts === true || (parts !== undefined && parts.length > 0)
  return {
    version,
    ...(upcasters && { upcast: upcasters }),
    ...((rules.length > 0 || hidesParts) && {
      hide: { redact: rules, ...(hidesParts && { encrypt: parts }) },
    }),
  }
}

const named = { high: 2, normal: 5, low: 8 } as const

export function toPriority(value: Priority, option: string): number {
  if (typeof value === 'string' && Object.hasOwn(named, value)) return named[value]
  if (typeof value === 'number') return checkCount(value, option, 0, 9)
  throw new InvalidOption(option, value, 'high, normal, low, or a whole number from 0 to 9')
}

export function checkTags(tags: unknown = [], option: string): readonly string[] {
  if (!Array.isArray(tags)) throw new InvalidOption(option, tags, 'an array of names')
  return [...new Set(tags.map((tag) => checkName(tag, option)))]
}

function toRetention(retain: TaskOptions['retain'] = {}, option: string): Retention {
  checkKnown(retain, ['completed', 'dead', 'cancelled'], `${option} option`)
  const ms = (state: FinalState) => {
    const keep = retain[state]
    if (keep === undefined) return defaults.retain[state]
    return keep === 'forever' ? null : toMs(keep, `${option}.${state}`)
  }
  return { completed: ms('completed'), dead: ms('dead'), cancelled: ms('cancelled') }
}

const known = [
  'queue',
  'priority',
  'retry',
  'timeout',
  'deadline',
  'ttl',
  'version',
  'upcast',
  'redact',
  'encrypt',
  'retain',
  'tags',
  'onCrash',
  'unique',
  'isolate',
  'input',
  'output',
  'progress',
]

function checkFunction<F>(value: F | undefined, option: string, such = ''): F | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw new InvalidOption(option, value, `a function${such}`)
}

function checkSchema(schema: unknown, option: string): void {
  if (schema === undefined) return
  const standard = (schema as { '~standard'?: { validate?: unknown } } | null)?.['~standard']
  if (typeof standard?.validate !== 'function')
    throw new InvalidOption(option, schema, 'a Standard Schema, such as z.object({ … })')
}
