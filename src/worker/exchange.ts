import { sleep } from '../job/clock.ts'
import { defaults } from '../job/defaults.ts'
import type { Settled, Settlement } from '../job/job.ts'
import { type Outage, type OutageKit, outage } from '../job/outage.ts'
import type { Ask, Claimed, KnownTask, Store } from '../store/index.ts'
import { type NextTurn, nextTurn } from './next-turn.ts'
import { type Pace, pauseMs } from './pace.ts'
import { type Pool, room } from './pool.ts'
import { rollCall } from './roll-call.ts'

export interface ExchangeKit extends OutageKit {
  readonly store: Store
  readonly pools: readonly Pool[]
  readonly tasks: readonly KnownTask[]
  readonly poll: Pace
  /** The present registration, made anew where it was lost; `undefined` when there is none to be had. */
  registration(): string | Promise<string | undefined>
  /** Sends what running handlers noted, before the settlement that ends their attempt; `undefined` where there is nothing. */
  sendNotes(worker: string): Promise<void> | undefined
  accept(claimed: Claimed): void
  /** It is running or waits for a slot. */
  holds(job: Pick<Settlement, 'id' | 'fence'>): boolean
  /** Starts what was accepted. */
  start(): void
  isBusy(): boolean
}

/**
 * The worker's one conversation with the store: each call settles what is done and claims what is next. While one is
 * under way the next gathers, so batches grow with the load and an idle worker waits for nothing.
 */
export class Exchange {
  /** False from the moment the worker is stopping: settles, claims nothing. */
  isClaiming = true
  readonly #kit: ExchangeKit
  readonly #outage: Outage
  readonly #rollCall: ReturnType<typeof rollCall>
  /** Ended runs whose settlement the store has not confirmed. */
  #done: Settlement[] = []
  /** Those that are under way. */
  #sent: readonly Settlement[] = []
  #call = 1
  #received = 0
  #turning: Promise<void> | undefined
  #isRung = false
  #poolAt = 0
  #roundTripMs = 1
  #lastJobAt: number
  /** By the clock that never goes back, for the store's may say another time. */
  #dueAt = Infinity
  #isOver = false
  #isPartial = false
  readonly #next: NextTurn

  constructor(kit: ExchangeKit) {
    this.#kit = kit
    this.#outage = outage(kit, 'the worker’s call')
    const isDone = (job: Pick<Settlement, 'id' | 'fence'>) =>
      [...this.#done, ...this.#sent].some(({ id, fence }) => id === job.id && fence === job.fence)
    this.#rollCall = rollCall(kit.clock, (job) => kit.holds(job) || isDone(job))
    this.#lastJobAt = kit.clock.monotonic()
    this.#next = nextTurn(kit.clock, this)
  }

  settle(settlement: Settlement): void {
    this.#done.push(settlement)
    this.turnSoon()
  }

  /** Something may be there for every pool. */
  wake(): void {
    for (const pool of this.#kit.pools) pool.isHungry = true
    this.turnSoon()
  }

  /** A new registration holds nothing: what was to be settled is void, what was claimed was received. */
  reset(): void {
    this.#done = []
    this.#received = this.#call - 1
  }

  turnSoon(): void {
    if (this.#turning) this.#isRung = true
    else this.#next.soon()
  }

  /** Waits at most `ms` for the next turn. */
  turnWithin(ms: number): void {
    if (!this.#turning) this.#next.within(ms)
  }

  turn(): Promise<void> {
    this.#next.come()
    this.#isRung = false
    this.#turning ??= this.#trade().then((again) => {
      this.#turning = undefined
      // The store works on the next call while the handlers of this answer run.
      if (again && !this.#isOver) void this.turn()
      else if (this.#isRung) this.turnSoon()
      else if (this.isClaiming || this.#done.length > 0) this.#next.plan(this.#pauseMs())
      this.#kit.start()
    })
    return this.#turning
  }

  /** Settles what is left, also what a call under way still brings; gives up after `ms`. Nothing turns after it. */
  async end(ms: number): Promise<void> {
    const { clock } = this.#kit
    const over = new AbortController()
    const late = sleep(clock, ms, over.signal)
    const endsAt = clock.monotonic() + ms
    while ((this.#turning || this.#done.length > 0) && clock.monotonic() < endsAt) {
      await Promise.race([this.turn(), late])
      if ((this.#outage.errors > 0 || this.#isPartial) && this.#done.length > 0)
        await sleep(clock, Math.min(200, endsAt - clock.monotonic()))
    }
    over.abort()
    this.#isOver = true
    this.#next.end()
  }

  /** One round trip. True when another one should follow at once. Never rejects. */
  async #trade(): Promise<boolean> {
    const { store, clock, registration, sendNotes, accept } = this.#kit
    let worker: string | undefined
    let settlements: Settlement[] = []
    // A store that answers at once must not keep the event loop from turning.
    const turned = new Promise((resolve) => setImmediate(resolve))
    try {
      // Waited for only where it must be, so that the call is under way before the handlers of the last answer begin.
      const known = registration()
      worker = typeof known === 'string' ? known : await known
      // Without a registration nothing is held, so nothing is to be settled.
      if (worker === undefined) {
        this.reset()
        return false
      }
      this.#sent = settlements = this.#done.splice(0, defaults.batchMax)
      const noted = sendNotes(worker)
      if (noted) await noted
      const pool = this.#nextPool()
      // What rings from here on is news.
      if (pool) pool.isHungry = false
      const startedAt = clock.monotonic()
      const answer = await store.exchange(settlements, this.#ask(worker, pool))
      const tookMs = clock.monotonic() - startedAt
      this.#roundTripMs = this.#roundTripMs * 0.8 + tookMs * 0.2
      // The store was away: a doorbell may have been missed, and what rang is looked for as if jobs were coming.
      if (tookMs > 1_000 || this.#outage.errors > 0) this.#lastJobAt = clock.monotonic()
      await turned
      this.#outage.answered()
      // The registration may have been lost on the way: then the answer speaks of jobs that are not ours.
      if (worker !== (await registration())) return true
      answer.settled.forEach((settled, i) => this.#heard(settlements[i] as Settlement, settled))
      this.#isPartial = answer.settled.includes(undefined)
      this.#note(answer.claimed, pool)
      accept(this.#rollCall.heard(answer.claimed))
      return (this.#done.length > 0 && !this.#isPartial) || this.#nextPool() !== undefined
    } catch (error) {
      // The reply may be lost after the store did it all: settling again is answered as before, claiming again delivers again.
      const now = await Promise.resolve(registration()).catch(() => undefined)
      if (worker === now) this.#done.unshift(...settlements)
      this.#rollCall.unanswered()
      this.#outage.failed(error)
      return false
    }
  }

  #ask(worker: string, pool: Pool | undefined): Ask {
    const limit = pool ? Math.min(defaults.claimMax, room(pool, this.#roundTripMs)) : 0
    const queues = pool ? pool.queues.map((name) => ({ name, limit })) : []
    const what = { tasks: this.#kit.tasks, ...(pool?.alone && { alone: pool.alone }) }
    const received = pool ? this.#rollCall.received(this.#received) : this.#received
    return { worker, call: this.#call, received, limit, queues, ...what }
  }

  #note({ jobs, nextDueAt = Infinity, now }: Claimed, pool: Pool | undefined): void {
    this.#received = this.#call
    this.#call += 1
    // Nothing is made ready for who asks for nothing: what is due by now is found by a claim with room.
    const isDue = nextDueAt <= now
    this.#dueAt = isDue ? Infinity : this.#kit.clock.monotonic() + nextDueAt - now
    if (isDue && !pool) for (const one of this.#kit.pools) one.isHungry = true
    if (jobs.length > 0) this.#lastJobAt = this.#kit.clock.monotonic()
    if (pool && jobs.length > 0) pool.isHungry = true
  }

  #heard(settlement: Settlement, answer: Settled | undefined): void {
    // Without an answer, for its partition does not give one: again with the next turn.
    if (answer === undefined) return void this.#done.push(settlement)
    if (answer === 'applied') return
    const { id, fence, move } = settlement
    const text = `LW2005 job ${id}: this worker’s ${move} was refused as ${answer} and changed nothing; it no longer holds the job.`
    this.#kit.log.warn({ code: 'LW2005', job: id, fence, move, answer }, text)
  }

  /** The next pool that is hungry and has room, each in its turn. */
  #nextPool(): Pool | undefined {
    const { pools } = this.#kit
    const order = pools.map((_, i) => (this.#poolAt + 1 + i) % pools.length)
    const at = this.isClaiming
      ? order.find((i) => pools[i]?.isHungry && room(pools[i], this.#roundTripMs) > 0)
      : undefined
    if (at === undefined) return undefined
    this.#poolAt = at
    return pools[at]
  }

  #pauseMs(): number {
    const { clock, poll, isBusy } = this.#kit
    const quietMs = clock.monotonic() - this.#lastJobAt
    const dueMs = this.#dueAt - clock.monotonic()
    return pauseMs(poll, { errors: this.#outage.errors, quietMs, dueMs, isBusy: isBusy() })
  }
}
