import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { sleep } from '../job/clock.ts'
import { realClock } from '../world.ts'
import { causeOf } from '../job/cause.ts'
import { exits, messageOf } from './exit.ts'
import type { FromMember, ToMember } from './member.ts'

/** What happens in a crew, for whoever prints it. */
export type CrewEvent =
  | { readonly event: 'member-ready'; readonly seat: number; readonly pid: number }
  | { readonly event: 'ready' }
  | {
      readonly event: 'member-lost'
      readonly seat: number
      readonly pid: number
      readonly cause: string
      readonly handedBack: number
      readonly againInMs?: number
    }
  | { readonly event: 'refused'; readonly code?: string; readonly message: string }
  | { readonly event: 'trouble'; readonly message: string }
  | { readonly event: 'stopping' | 'hurrying' | 'killing' | 'stopped' }

export interface CrewKit {
  readonly processes: number
  /** Longest wait for a member to end before it is killed. */
  readonly patienceMs: number
  fork(): ChildProcess
  /** Hands the jobs of dead workers back; answers how many. `ending`: they were told to end, and did not crash. */
  lapse(workers: readonly string[], cause: string, how: { readonly ending: boolean }): Promise<number>
  tell(event: CrewEvent): void
}

/** One place in the crew, and the process that fills it at the moment. */
interface Seat {
  readonly number: number
  child: ChildProcess | undefined
  /** Registrations that the process has told of. */
  workers: Set<string>
  bornAt: number
  isReady: boolean
  /** Deaths in a row soon after birth. */
  early: number
  refusal: Extract<FromMember, { legwork: 'refused' }> | undefined
}

/** A process that lived this long before it died is replaced at once. */
const grownMs = 10_000
const longestWaitMs = 30_000

/** 0 s, 1 s, 2 s, 4 s, … 30 s before a process that keeps dying early is replaced. */
export const againAfterMs = (early: number): number =>
  early <= 1 ? 0 : Math.min(longestWaitMs, 1_000 * 2 ** (early - 2))

/** Keeps worker processes running: hands the jobs of one that dies back at once, and replaces it. */
export class Crew {
  readonly #kit: CrewKit
  readonly #seats: Seat[]
  readonly #ended: Promise<number>
  #end: (code: number) => void = () => {}
  readonly #over = new AbortController()
  #handingBack = 0
  #stage = 0
  #exitCode: number = exits.ok
  #isAnnounced = false

  constructor(kit: CrewKit) {
    this.#kit = kit
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#seats = Array.from({ length: kit.processes }, (_, i) => ({
      number: i + 1,
      child: undefined,
      workers: new Set(),
      bornAt: 0,
      isReady: false,
      early: 0,
      refusal: undefined,
    }))
  }

  /** Starts the processes; resolves with the exit code when the crew has ended. */
  run(): Promise<number> {
    for (const seat of this.#seats) this.#fill(seat)
    return this.#ended
  }

  /** The next rung of the ladder: stop gently, hurry, kill. */
  climb(): void {
    this.#stage = Math.min(3, this.#stage + 1)
    this.#over.abort()
    this.#kit.tell({ event: (['stopping', 'hurrying', 'killing'] as const)[this.#stage - 1] ?? 'killing' })
    if (this.#stage === 3) this.#kill()
    else for (const seat of this.#seats) this.#ask(seat, this.#stage === 1 ? 'stop' : 'hurry')
    if (this.#stage === 1) realClock.after(this.#kit.patienceMs, () => this.#kill(), { idle: true })
    this.#endIfOver()
  }

  #kill(): void {
    for (const { child } of this.#seats) {
      if (!child) continue
      this.#exitCode = exits.failed
      child.kill('SIGKILL')
    }
  }

  #ask({ child }: Seat, legwork: ToMember['legwork']): void {
    if (child?.connected) child.send({ legwork } satisfies ToMember, () => {})
  }

  #fill(seat: Seat): void {
    const child = this.#kit.fork()
    Object.assign(seat, {
      child,
      workers: new Set(),
      bornAt: realClock.monotonic(),
      isReady: false,
      refusal: undefined,
    })
    child.on('message', (message: FromMember) => this.#hear(seat, message))
    child.once('error', ({ message }) => {
      this.#kit.tell({ event: 'trouble', message: `process ${seat.number}: ${message}` })
      // One that never began does not exit either.
      if (child.pid === undefined) void this.#lose(seat, child, 'it could not be started')
    })
    child.once('exit', (code, signal) => void this.#lose(seat, child, causeOf(code, signal)))
  }

  #hear(seat: Seat, message: FromMember): void {
    if (message.legwork === 'registered') seat.workers.add(message.worker)
    if (message.legwork === 'refused') seat.refusal = message
    if (message.legwork !== 'ready') return
    seat.isReady = true
    this.#kit.tell({ event: 'member-ready', seat: seat.number, pid: seat.child?.pid ?? 0 })
    if (this.#isAnnounced || !this.#seats.every(({ isReady }) => isReady)) return
    this.#isAnnounced = true
    this.#kit.tell({ event: 'ready' })
  }

  async #lose(seat: Seat, child: ChildProcess, cause: string): Promise<void> {
    // Its last messages may still be in the channel, which closes when they have been read.
    if (child.connected) await Promise.race([once(child, 'disconnect'), sleep(realClock, lastWordsMs)])
    seat.child = undefined
    const { isReady, refusal } = seat
    if (refusal) this.#hearRefusal(refusal, isReady)
    seat.early = realClock.monotonic() - seat.bornAt < grownMs ? seat.early + 1 : 0
    const againInMs = this.#stage > 0 ? undefined : againAfterMs(seat.early)
    if (againInMs !== undefined) void this.#refill(seat, againInMs)
    const handedBack = await this.#handBack(seat, cause, { ending: this.#stage > 0 })
    const isExpected = this.#stage > 0 && cause === 'exit code 0'
    if (!isExpected && !refusal)
      this.#kit.tell({
        event: 'member-lost',
        seat: seat.number,
        pid: child.pid ?? 0,
        cause,
        handedBack,
        ...(againInMs !== undefined && { againInMs }),
      })
    this.#endIfOver()
  }

  /** A process that cannot start because it was told something wrong will not start the next time either. */
  #hearRefusal({ code, message }: NonNullable<Seat['refusal']>, isReady: boolean): void {
    if (this.#stage > 0) return
    this.#kit.tell({ event: 'refused', message, ...(code && { code }) })
    if (isReady || !/^LW1[23]/.test(code ?? '')) return
    this.#exitCode = exits.usage
    this.climb()
  }

  async #refill(seat: Seat, againInMs: number): Promise<void> {
    await sleep(realClock, againInMs, this.#over.signal)
    if (this.#stage === 0 && !seat.child) this.#fill(seat)
  }

  /** At once, and again while the store does not take it: nobody else knows that these workers are dead. */
  async #handBack(seat: Seat, cause: string, how: { readonly ending: boolean }): Promise<number> {
    const workers = [...seat.workers]
    if (workers.length === 0) return 0
    this.#handingBack += 1
    try {
      for (let turn = 1; ; turn++) {
        try {
          return await this.#kit.lapse(workers, cause, how)
        } catch (error) {
          this.#kit.tell({
            event: 'trouble',
            message: `the jobs of process ${seat.number} are not handed back yet: ${messageOf(error)}`,
          })
          if (turn === turnsMax) return 0
          await sleep(realClock, Math.min(2_000, 50 * 2 ** turn))
        }
      }
    } finally {
      this.#handingBack -= 1
    }
  }

  #endIfOver(): void {
    if (this.#stage === 0 || this.#handingBack > 0 || this.#seats.some(({ child }) => child)) return
    this.#end(this.#exitCode)
  }
}

const lastWordsMs = 200
/** Then the leases have run out anyway. */
const turnsMax = 12
