import type { Clock } from '../../job/clock.ts'
import { toErrorInfo } from '../../job/failure.ts'
import type { Logger } from '../../job/logger.ts'
import type { Keeper } from '../checkpoint.ts'
import { currentRun, type Run } from '../current-run.ts'
import { guardRejections } from '../guard.ts'
import { Halt } from '../halt.ts'
import type { Context, Handler } from '../handler.ts'
import { pickHandler } from '../lazy.ts'
import { contextOf, type Notebook } from '../notes.ts'
import type { FromGuest, ToGuest } from './messages.ts'
import { fromAbortReason, fromThrown, toThrown } from './thrown.ts'

export interface GuestKit {
  send(message: FromGuest): void
  /** Imports a module, TypeScript too. */
  load(url: string): Promise<unknown>
  readonly clock: Clock
  readonly log: Logger
}

type Said<Word extends ToGuest['legwork']> = Extract<ToGuest, { legwork: Word }>

/** The other side of an isolate: loads a handler, then runs one job after the other. */
export class Guest {
  readonly #kit: GuestKit
  readonly #notes: Notebook
  readonly #line: Line
  #handler: Handler | undefined
  #run: Run | undefined

  constructor(kit: GuestKit) {
    this.#kit = kit
    this.#notes = notesTo(kit.send)
    this.#line = lineTo(kit)
    guardRejections(kit.log)
  }

  hear(message: ToGuest): void {
    switch (message.legwork) {
      case 'load':
        return void this.#load(message)
      case 'run':
        return void this.#work(message)
      case 'abort':
        return this.#run?.abort.abort(fromAbortReason(message.reason))
      case 'kept':
        return this.#line.hear(message)
    }
  }

  async #load({ url, task }: Said<'load'>): Promise<void> {
    const { send, load } = this.#kit
    try {
      const found = await load(url)
      this.#handler = pickHandler(found, task)
      if (this.#handler) return send({ legwork: 'ready' })
      const names = Object.keys(found as object).join(', ') || 'nothing'
      const why = `it exports no handler: neither default nor "${task}" is a function; it has ${names}`
      send({ legwork: 'refused', why })
    } catch (error) {
      const { name, message, stack = '' } = toErrorInfo(error)
      const at = /^\s*at .*:\d+:\d+\)?$/m.exec(stack)?.[0].trim()
      send({ legwork: 'refused', why: `${name}: ${message}${at ? ` (${at})` : ''}` })
    }
  }

  async #work({ job, input, extras }: Said<'run'>): Promise<void> {
    const { send } = this.#kit
    const run: Run = { job, abort: new Halt(), isLeaked: false, abortGraceMs: 0 }
    this.#run = run
    try {
      const own = contextOf(run, input, { notes: this.#notes, keeper: this.#line.keeper })
      const context = Object.defineProperties(own, Object.getOwnPropertyDescriptors(extras))
      const value: unknown = await currentRun.run(run, () => (this.#handler as Handler)(context as Context))
      if (run.interrupt !== undefined) throw run.interrupt
      send({ legwork: 'returned', value })
    } catch (error) {
      send({ legwork: 'threw', thrown: toThrown(run.interrupt ?? error) })
    } finally {
      run.isLeaked = true
    }
  }
}

/** Log and progress go to the worker as they come: the notebook is there. */
function notesTo(send: GuestKit['send']): Notebook {
  /** Advice must not fail a run: what cannot be sent is described. */
  function say(run: Run, message: Extract<FromGuest, { legwork: 'log' | 'progress' }>): void {
    // Its job is over; what it says would be taken for the next one's.
    if (run.isLeaked) return
    try {
      send(message)
    } catch (error) {
      const text = `${message.legwork} could not be sent: ${toErrorInfo(error).message}`
      send({ legwork: 'log', level: 'warn', message: text })
    }
  }
  return {
    log: (run, level, message, data) =>
      say(run, { legwork: 'log', level, message: textOf(message), ...(data !== undefined && { data }) }),
    progress: (run, now) => say(run, { legwork: 'progress', now }),
    take: () => [],
    isEmpty: true,
  }
}

interface Line {
  readonly keeper: Keeper
  hear(answer: Said<'kept'>): void
}

/** Asks the worker to keep checkpoints. */
function lineTo({ send, clock }: GuestKit): Line {
  let asked = 0
  const asking = new Map<number, { resolve(): void; reject(error: Error): void }>()
  return {
    keeper: {
      clock,
      begin: async () => {},
      // Nobody says so here; the abort does.
      stopping: new AbortController().signal,
      keep: (run, text) =>
        new Promise<void>((resolve, reject) => {
          asking.set(++asked, { resolve: () => resolve(void (run.checkpoint = text)), reject })
          send({ legwork: 'keep', n: asked, text })
        }),
    },
    hear({ n, refused }) {
      const waiting = asking.get(n)
      asking.delete(n)
      if (refused) waiting?.reject(fromThrown(refused))
      else waiting?.resolve()
    },
  }
}

const textOf = (message: unknown): string =>
  typeof message === 'string' ? message : toErrorInfo(message).message
