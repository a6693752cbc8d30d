import type { AnyTask } from '../../define/task.ts'
import { isFinal } from '../../job/state.ts'
import type { Changes, Store } from '../../store/index.ts'
import type { App } from '../../surface.ts'
import { forPeople } from '../connect.ts'
import { codeOf, exits, fixOf, messageOf } from '../exit.ts'
import { feed } from '../feed.ts'
import { loadApp, type Loaded } from '../load-app.ts'
import { type Told, toldOf, toldStarted } from '../told.ts'
import { readyFacts, startOptions, type WorkOptions } from '../work.ts'
import type { FromApp, ScheduleFacts, ToApp, Trouble } from './messages.ts'
import { type Wishing, wishes } from './wishes.ts'

const tell = (message: FromApp): void =>
  void (process.connected && process.send?.(message, undefined, undefined, () => {}))

/**
 * The process that runs the app for `legwork dev`: loads the file, waits for the word to start, tells what happens, and
 * does what a key asks for. Ends when it is told to, or when `legwork dev` is gone.
 */
export async function runForDev(file: string | undefined, options: WorkOptions): Promise<number> {
  // Ctrl-C reaches every process of a terminal; what it means is decided in one place.
  process.on('SIGINT', () => {})
  const orders = inbox()
  try {
    const loaded = await loadApp(file, options)
    tell({ legwork: 'loaded' })
    const order = await orders.first
    if (order.legwork !== 'start') return exits.ok
    await run(loaded, options, { order, orders })
    return exits.ok
  } catch (error) {
    if (codeOf(error) === 'LW1006') return exits.ok
    tell({ legwork: 'refused', ...troubleOf(error) })
    return exits.failed
  }
}

export function troubleOf(error: unknown): Trouble {
  const code = codeOf(error)
  return { ...(code && { code, fix: fixOf(code, error) }), message: messageOf(error) }
}

/** Orders as they come; the first is waited for, the others are heard. */
function inbox() {
  const heard: ToApp[] = []
  let hear = (order: ToApp): void => void heard.push(order)
  let begin: (order: ToApp) => void = () => {}
  const first = new Promise<ToApp>((resolve) => {
    begin = resolve
  })
  let isFirst = true
  const take = (order: ToApp): void => {
    if (isFirst) begin(order)
    else hear(order)
    isFirst = false
  }
  const leave = () => take({ legwork: 'stop', isReload: false })
  process.on('message', take).on('disconnect', leave).on('SIGTERM', leave)
  return {
    first,
    /** Hears every order after the first, from now on and those that came before. */
    listen(each: (order: ToApp) => void): void {
      hear = each
      for (const order of heard.splice(0)) each(order)
    },
  }
}

interface Began {
  readonly order: Extract<ToApp, { legwork: 'start' }>
  readonly orders: ReturnType<typeof inbox>
}

async function run(loaded: Loaded, options: WorkOptions, { order, orders }: Began): Promise<void> {
  const { app } = loaded
  const over = new AbortController()
  const pausedHere = new Set(order.paused)
  const ended = new Promise<void>((resolve, reject) => {
    const hurry = new AbortController()
    let wishing: Wishing | undefined
    const obey = (one: ToApp): void => {
      if (one.legwork === 'hurry') hurry.abort()
      if (one.legwork === 'wish' && one.call >= 0) {
        wishing ??= { app, tasks: loaded.tasks, paused: pausedHere }
        void grant(wishing, one)
      }
      if (one.legwork !== 'stop') return
      const grace = options.grace ?? '5s'
      void goOn(app, one.isReload ? new Set() : pausedHere)
        .then(() => app.stop({ grace, hurry: hurry.signal }))
        .then(resolve, reject)
    }
    orders.listen(obey)
  })
  const store = await app.store()
  if (order.lost.length > 0) await store.lapse(order.lost, order.cause)
  const { cursor } = await store.changes({ limit: 1 })
  await app.start({
    ...startOptions(options),
    onRegister: (worker) => tell({ legwork: 'registered', worker }),
  })
  const facts = await readyFacts(loaded, options)
  const tasks = [...loaded.tasks.values()].map(({ name, policy }: AnyTask) => ({ name, queue: policy.queue }))
  const [paused, schedules] = await Promise.all([pausedOf(store, facts.queues), schedulesOf(app)])
  tell({ legwork: 'ready', facts, tasks, paused, schedules })
  const watching = watch(forPeople(store), cursor, over.signal)
  await ended
  over.abort()
  await watching
}

async function grant(
  wishing: Wishing,
  { call, wish, ask }: Extract<ToApp, { legwork: 'wish' }>,
): Promise<void> {
  try {
    // Each wish is asked for with its own kind of question: see Wishes.
    const answer = await (wishes[wish] as (w: Wishing, ask: unknown) => Promise<unknown>)(wishing, ask)
    tell({ legwork: 'answer', call, answer })
  } catch (error) {
    tell({ legwork: 'answer', call, trouble: troubleOf(error) })
  }
}

/** Queues that a key paused are not left paused. */
async function goOn(app: App, paused: ReadonlySet<string>): Promise<void> {
  for (const queue of paused) await app.resume(queue).catch(() => {})
}

async function pausedOf(store: Store, queues: readonly string[]): Promise<readonly string[]> {
  const counts = await store.counts(queues)
  return counts.filter(({ paused }) => paused !== undefined).map(({ queue }) => queue)
}

/** The file may use a copy of the library without schedules, and a store may have some that this code does not know. */
async function schedulesOf(app: Partial<App>): Promise<readonly ScheduleFacts[]> {
  const all = await app.schedules?.list().catch(() => [])
  return (all ?? []).map(({ name, when, state, next, problem }) => ({
    name,
    when,
    state,
    ...(next && { nextAt: next.getTime() }),
    ...(problem && { problem: problem.message }),
  }))
}

/** A job that runs this long is shown before it ends. */
const longMs = 1_000
/** Jobs of one look of which the result and the log are fetched. */
const detailed = 50

/** Tells what happens in the store, until the signal. A store that fails for a moment is asked again. */
async function watch(store: Store, after: string, signal: AbortSignal): Promise<void> {
  const long = new Map<string, number>()
  const hear = async (page: Changes & { readonly isCut: boolean }): Promise<void> => {
    const ended = new Set(page.items.flatMap((item) => (item.kind === 'ended' ? [item.id] : [])))
    const told = toldOf(page, await detailsOf(store, [...ended].slice(0, detailed)))
    // A job that has already run needs no word of its coming.
    const news = told.filter((one) => one.event !== 'enqueued' || !ended.has(one.id))
    const items = [...news, ...longRunning(page, long)]
    if (items.length > 0) tell({ legwork: 'told', items, isCut: page.isCut })
  }
  try {
    await feed(store, { signal, limit: 100, running: 50, mayCut: true, hear }, after)
  } catch (error) {
    if (!signal.aborted && codeOf(error) !== 'LW1006') tell({ legwork: 'told', items: [], isCut: true })
  }
}

async function detailsOf(store: Store, ids: readonly string[]) {
  const jobs = ids.length > 0 ? await store.get(ids, { logs: true }) : []
  return new Map(jobs.flatMap((job) => (job ? [[job.id, job] as const] : [])))
}

/** Jobs that have begun to run for long, each attempt once. */
function longRunning({ running, items }: Changes, known: Map<string, number>): Told[] {
  const now = Date.now()
  for (const item of items) if (item.kind === 'ended' && isFinal(item.state)) known.delete(item.id)
  return running
    .filter(({ id, attempt, startedAt }) => now - startedAt >= longMs && known.get(id) !== attempt)
    .map((job) => {
      known.set(job.id, job.attempt)
      return toldStarted(job)
    })
}
