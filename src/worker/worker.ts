import { LeaseLost, ShuttingDown } from '../define/verdicts.ts'
import { type Clock, sleep } from '../job/clock.ts'
import type { Logger } from '../job/logger.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Lost, Note, Store, WorkerAbout } from '../store/index.ts'
import { keeper } from './checkpoint.ts'
import { committer } from './commit.ts'
import { Exchange, type ExchangeKit } from './exchange.ts'
import type { Handled } from './handler.ts'
import { begin, type Life } from './life.ts'
import { giveUpJobs } from './lost-jobs.ts'
import { notebook, sendNotes } from './notes.ts'
import type { Pool } from './pool.ts'
import { quarantine } from './quarantine.ts'
import { Slots } from './slots.ts'

export interface WorkerKit {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  random(): number
  newId(): string
  about(): WorkerAbout
  readonly handled: ReadonlyMap<string, Handled>
  readonly wrapping: Wrapping
  readonly pools: readonly Pool[]
  readonly leaseMs: number
  readonly beatMs: number
  readonly abortGraceMs: number
  readonly poll: ExchangeKit['poll']
  /** Told of outages of the store. */
  readonly ear?: ExchangeKit['ear']
  /** Told of each new registration. */
  onRegister(worker: string): void
}

/** A worker's lifetime: registers, works, loses and regains its lease, stops. What it does with jobs is in slots and exchange. */
export class Worker {
  readonly #kit: WorkerKit
  readonly #exchange: Exchange
  readonly #slots: Slots
  #life: Life | undefined
  #stopListening = (): void => {}
  readonly #stopping = new AbortController()
  readonly #cell: Pool

  constructor(kit: WorkerKit) {
    this.#kit = kit
    const record = async (note: Note) =>
      (await kit.store.record(this.#life?.worker ?? '', [note]))[0] ?? 'gone'
    const keep = keeper({ ...kit, stopping: this.#stopping.signal, record })
    const notes = notebook(kit.clock, () => this.#exchange.turnWithin(noteWaitMs))
    const settle: Exchange['settle'] = (settlement) => this.#exchange.settle(settlement)
    const room = quarantine({
      ...kit,
      runs: () => this.#slots.runs.values(),
      giveBack: (jobs, why) => this.#slots.release(jobs, why),
    })
    this.#cell = room.cell
    const pools = [...kit.pools, room.cell]
    const ends = committer({ ...kit, notes, worker: () => this.#life?.worker ?? '' })
    const own = { notes, keeper: keep, committer: ends, settle, wake: () => this.#exchange.wake() }
    this.#slots = new Slots({ ...kit, ...own, pools })
    this.#exchange = new Exchange({
      ...kit,
      tasks: [...kit.handled.values()].map(({ task }) => ({ name: task.name, version: task.policy.version })),
      get pools() {
        return room.pools
      },
      registration: () =>
        this.#life?.worker ?? (this.#exchange.isClaiming ? this.#register() : Promise.resolve(undefined)),
      sendNotes: (worker) =>
        notes.isEmpty ? undefined : sendNotes({ notes, runs: this.#slots.runs, store: kit.store, worker }),
      start: () => this.#slots.start(),
      isBusy: () => this.#slots.runs.size > 0,
      holds: (job) => this.#slots.holds(job),
      accept: (claimed) => {
        if (claimed.lease === 'lost') return this.#life?.lost('the store does not know it any more')
        this.#slots.cancel(claimed.cancels)
        this.#giveUp(claimed.lost ?? [])
        if (!this.#exchange.isClaiming) this.#slots.release(claimed.jobs)
        else for (const [pool, jobs] of room.place(claimed)) this.#slots.take(pool, jobs)
      },
    })
  }

  #giveUp(lost: readonly Lost[]): void {
    const pools = [...this.#kit.pools, this.#cell]
    if (lost.length > 0) giveUpJobs({ runs: this.#slots.runs, pools, log: this.#kit.log }, lost)
  }

  /** The id of its present registration. */
  get id(): string | undefined {
    return this.#life?.worker
  }

  async start(): Promise<void> {
    await this.#register()
    this.#stopListening = this.#kit.store.listen(() => this.#exchange.wake())
    this.#exchange.wake()
  }

  /**
   * Claims no more, lets runs end for `graceMs`, aborts the rest and gives back what does not end.
   * `hurry` cuts the grace short.
   */
  async stop(graceMs: number, hurry: AbortSignal): Promise<void> {
    this.#exchange.isClaiming = false
    this.#stopping.abort()
    this.#stopListening()
    this.#slots.giveBack()
    if (this.#slots.runs.size > 0) this.#life?.ending()
    await this.#idle(graceMs, hurry)
    for (const one of this.#slots.runs.values()) one.abort.abort(new ShuttingDown(one.job.id))
    await this.#idle(this.#kit.abortGraceMs + 1_000, undefined)
    await this.#exchange.end(endMs)
    await this.#life
      ?.end()
      .catch((error: unknown) =>
        this.#kit.log.warn(
          { error: String(error) },
          'the worker could not sign off; its lease runs out by itself',
        ),
      )
  }

  /** Resolves when nothing runs any more, or after `ms`, or at the signal. */
  async #idle(ms: number, hurry: AbortSignal | undefined): Promise<void> {
    if (this.#slots.runs.size === 0 || hurry?.aborted) return
    const over = new AbortController()
    const end = () => over.abort()
    this.#slots.onIdle(end)
    hurry?.addEventListener('abort', end, { once: true })
    await sleep(this.#kit.clock, ms, over.signal)
    hurry?.removeEventListener('abort', end)
  }

  async #register(): Promise<string> {
    const life = await begin({
      ...this.#kit,
      onCancels: (cancels) => this.#slots.cancel(cancels),
      onLostJobs: (lost) => this.#giveUp(lost),
      onLost: (worker, why) => this.#lose(worker, why),
    })
    this.#life = life
    this.#exchange.reset()
    this.#kit.onRegister(life.worker)
    return life.worker
  }

  /** Everything of the lost registration is void: nobody waits for it, nothing of it is sent. */
  #lose(worker: string, why: string): void {
    const held = [...this.#slots.runs.values()]
    this.#life = undefined
    this.#exchange.reset()
    this.#slots.drop()
    this.#slots.runs.clear()
    for (const one of held) one.abort.abort(new LeaseLost(one.job.id, one.job.attempt, why))
    const jobs = held.map(({ job }) => job.id).slice(0, 20)
    this.#kit.log.warn(
      { code: 'LW2005', worker, jobs },
      `LW2005 worker ${worker} lost its lease: ${why}. Its ${held.length} running jobs are given up here and nothing of them is recorded.`,
    )
    if (this.#exchange.isClaiming) this.#exchange.wake()
  }
}

/** Progress and logs gather this long before they are sent on their own. */
const noteWaitMs = 100
/** A stop waits this long for the store to take the last settlements. */
const endMs = 10_000
