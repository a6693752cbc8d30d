import type { ChildProcess } from 'node:child_process'
import { sleep } from '../../job/clock.ts'
import { realClock } from '../../world.ts'
import { againAfterMs } from '../crew.ts'
import { exits } from '../exit.ts'
import type { FromApp, ToApp, Trouble, Wish, Wishes } from './messages.ts'

type Ready = Extract<FromApp, { legwork: 'ready' }>

/** What becomes of the processes that run the app, for whoever prints it. */
export type RunnerEvent =
  | ({ readonly event: 'ready'; readonly tookMs: number; readonly isFirst: boolean } & Omit<Ready, 'legwork'>)
  | { readonly event: 'refused'; readonly trouble: Trouble; readonly isOldRunning: boolean }
  | { readonly event: 'crashed'; readonly cause: string; readonly againInMs: number }
  | { readonly event: 'waiting' | 'stopping' | 'hurrying' | 'killing' }
  | (Omit<Extract<FromApp, { legwork: 'told' }>, 'legwork'> & { readonly event: 'told' })

export interface RunnerKit {
  /** Longest wait for a process to end before it is killed. */
  readonly patienceMs: number
  fork(): ChildProcess
  tell(event: RunnerEvent): void
}

/** One process of the app, from its birth to its end. */
interface Seat {
  readonly child: ChildProcess
  readonly bornAt: number
  readonly workers: Set<string>
  isLoaded: boolean
  isReady: boolean
  isStopping: boolean
  refusal: Trouble | undefined
}

/** A job may take this long to end before a person is told what is waited for. */
const shortWaitMs = 400
/** A process that lived this long before it died is replaced at once. */
const grownMs = 10_000

interface Call {
  resolve(value: never): void
  reject(trouble: Trouble): void
}

/** Keeps one process of the app running, and changes it for one with newer code. */
export class Runner {
  /** Queues that a key has paused. */
  readonly paused = new Set<string>()
  /** Resolves with the exit code when the last process has ended. */
  readonly ended: Promise<number>
  readonly #kit: RunnerKit
  readonly #calls = new Map<number, Call>()
  readonly #over = new AbortController()
  /** Workers of processes that died, whose jobs the next process hands back. */
  readonly #lost = new Set<string>()
  #running: Seat | undefined
  /** Loads newer code, or has loaded it and waits for the old one to end. */
  #coming: Seat | undefined
  #lastCall = 0
  #stage = 0
  /** Deaths in a row soon after birth. */
  #early = 0
  #cause = ''
  #isFirst = true
  #exitCode: number = exits.ok
  #end: (code: number) => void = () => {}

  constructor(kit: RunnerKit) {
    this.#kit = kit
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Loads the newest code, and changes over to it when it loads; the old one goes on until then. */
  reload(): void {
    if (this.#stage > 0) return
    this.#coming?.child.kill('SIGKILL')
    const child = this.#kit.fork()
    const seat: Seat = {
      child,
      bornAt: realClock.monotonic(),
      workers: new Set(),
      isLoaded: false,
      isReady: false,
      isStopping: false,
      refusal: undefined,
    }
    this.#coming = seat
    child.on('message', (message: FromApp) => this.#hear(seat, message))
    child.once('error', ({ message }) => {
      seat.refusal = { message }
      // One that never began does not close either.
      if (child.pid === undefined) this.#lose(seat, message)
    })
    child.once('close', (code, signal) =>
      this.#lose(seat, signal ? `killed by ${signal}` : `exit code ${code}`),
    )
  }

  /** The next rung of the ladder: stop gently, hurry, kill. */
  climb(): void {
    this.#stage = Math.min(3, this.#stage + 1)
    this.#over.abort()
    this.#coming?.child.kill('SIGKILL')
    const seat = this.#running
    if (!seat && !this.#coming) return this.#end(this.#exitCode)
    if (!seat) return
    this.#kit.tell({ event: (['stopping', 'hurrying', 'killing'] as const)[this.#stage - 1] ?? 'killing' })
    if (this.#stage === 1) this.#stop(seat, false)
    if (this.#stage === 2) send(seat, { legwork: 'hurry' })
    if (this.#stage < 3) return
    this.#exitCode = exits.failed
    seat.child.kill('SIGKILL')
  }

  /** Asks the process that runs; rejects with a `Trouble`. */
  ask<W extends Wish>(wish: W, ask: Wishes[W]['ask']): Promise<Wishes[W]['answer']> {
    const seat = this.#running
    if (!seat?.isReady) return Promise.reject(nothingRuns)
    this.#lastCall += 1
    const call = this.#lastCall
    send(seat, { legwork: 'wish', call, wish, ask })
    return new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }))
  }

  #hear(seat: Seat, message: FromApp): void {
    switch (message.legwork) {
      case 'loaded':
        seat.isLoaded = true
        return this.#changeOver()
      case 'registered':
        return void seat.workers.add(message.worker)
      case 'refused':
        seat.refusal = message
        return
      case 'told':
        return this.#kit.tell({ event: 'told', items: message.items, isCut: message.isCut })
      case 'answer':
        return this.#answer(message)
      default:
        seat.isReady = true
        this.#lost.clear()
        this.#kit.tell({
          ...message,
          event: 'ready',
          tookMs: realClock.monotonic() - seat.bornAt,
          isFirst: this.#isFirst,
        })
        this.#isFirst = false
    }
  }

  /** Stops the old process when the new one has loaded, and starts the new one when the old one has ended. */
  #changeOver(): void {
    const seat = this.#coming
    if (!seat?.isLoaded || this.#stage > 0) return
    if (this.#running) return void (this.#running.isStopping || this.#stop(this.#running, true))
    this.#running = seat
    this.#coming = undefined
    const { paused } = this
    send(seat, { legwork: 'start', lost: [...this.#lost], cause: this.#cause, paused: [...paused] })
  }

  #stop(seat: Seat, isReload: boolean): void {
    seat.isStopping = true
    send(seat, { legwork: 'stop', isReload })
    const { child } = seat
    const isHere = () => child.exitCode === null && child.signalCode === null
    const sayWaiting = () => isHere() && this.#stage === 0 && this.#kit.tell({ event: 'waiting' })
    realClock.after(shortWaitMs, sayWaiting, { idle: true })
    realClock.after(this.#kit.patienceMs, () => isHere() && child.kill('SIGKILL'), { idle: true })
  }

  #lose(seat: Seat, how: string): void {
    if (seat !== this.#coming && seat !== this.#running) return
    if (seat === this.#coming) this.#coming = undefined
    else {
      this.#running = undefined
      for (const { reject } of this.#calls.values()) reject(hasEnded)
      this.#calls.clear()
    }
    if (this.#stage > 0) return void (this.#running || this.#coming || this.#end(this.#exitCode))
    const isOldRunning = this.#running !== undefined
    if (seat.refusal) this.#kit.tell({ event: 'refused', trouble: seat.refusal, isOldRunning })
    else if (!seat.isStopping) return this.#crashed(seat, how)
    this.#changeOver()
  }

  /** Code that ended its process is started again, more slowly when it keeps doing so. */
  #crashed(seat: Seat, how: string): void {
    for (const worker of seat.workers) this.#lost.add(worker)
    this.#cause = how
    this.#early = realClock.monotonic() - seat.bornAt < grownMs ? this.#early + 1 : 0
    const againInMs = againAfterMs(this.#early)
    this.#kit.tell({ event: 'crashed', cause: how, againInMs })
    if (this.#coming) return this.#changeOver()
    void sleep(realClock, againInMs, this.#over.signal).then(
      () => this.#running ?? this.#coming ?? this.reload(),
    )
  }

  #answer({ call, answer, trouble }: Extract<FromApp, { legwork: 'answer' }>): void {
    const waiting = this.#calls.get(call)
    this.#calls.delete(call)
    if (trouble) waiting?.reject(trouble)
    // The answer fits the wish: see Wishes.
    else waiting?.resolve(answer as never)
  }
}

const send = ({ child }: Seat, message: ToApp): void =>
  void (child.connected && child.send(message, () => {}))

const nothingRuns: Trouble = { message: 'nothing runs at the moment: the file waits to be repaired.' }
const hasEnded: Trouble = { message: 'the process that was asked has ended.' }
