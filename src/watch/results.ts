import type { Clock } from '../job/clock.ts'
import { JobFailed, LegworkError } from '../job/errors.ts'
import type { Job } from '../job/job.ts'
import { isFinal } from '../job/state.ts'
import type { Store } from '../store/index.ts'

const slowestMs = 1_000
const fastestMs = 20
const pageSize = 500

interface Waiting {
  readonly id: string
  readonly hasDetail: boolean
  /** True when it saw what it waited for. */
  try(job: Job | undefined): boolean
  fail(error: unknown): void
}

export interface Look {
  readonly signal?: AbortSignal
  /** With attempts and logs. */
  readonly detail?: boolean
}

/** Waits for jobs to change; everybody who waits shares one look at the store. */
export class Lookout {
  readonly #store: Store
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()
  #stopListening: (() => void) | undefined
  #stopTimer = (): void => {}
  #isLooking = false
  #isRung = false
  #paceMs = fastestMs

  constructor({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
    this.#store = store
    this.#clock = clock
  }

  /** Resolves when `until` first likes what it sees of the job; it sees `undefined` when the job is not there. */
  see<T>(
    id: string,
    until: (job: Job | undefined) => T | undefined,
    { signal, detail = false }: Look = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        id,
        hasDetail: detail,
        fail: reject,
        try(job) {
          try {
            const seen = until(job)
            if (seen === undefined) return false
            resolve(seen)
          } catch (error) {
            reject(error)
          }
          signal?.removeEventListener('abort', leave)
          return true
        },
      }
      const leave = () => void (this.#waiting.delete(one) && reject(signal?.reason))
      this.#waiting.add(one)
      signal?.addEventListener('abort', leave, { once: true })
      if (signal?.aborted) return leave()
      this.#stopListening ??= this.#store.listen(() => this.#lookSoon())
      this.#lookSoon()
    })
  }

  close(): void {
    this.#stopTimer()
    this.#stopListening?.()
    this.#giveUp(
      [...this.#waiting],
      new LegworkError('LW1006', 'the app was stopped while a result was awaited'),
    )
  }

  #lookSoon(): void {
    this.#paceMs = fastestMs
    if (this.#isLooking) this.#isRung = true
    else void this.#look()
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    this.#isRung = false
    this.#stopTimer()
    const asked = [...this.#waiting]
    try {
      await this.#answer(
        asked.filter(({ hasDetail }) => !hasDetail),
        {},
      )
      await this.#answer(
        asked.filter(({ hasDetail }) => hasDetail),
        { attempts: true, logs: true },
      )
    } catch (error) {
      // A store that is out of reach for a while comes back; one that is closed does not.
      if (error instanceof LegworkError && error.code === 'LW1006') this.#giveUp(asked, error)
    }
    this.#isLooking = false
    this.#rest()
  }

  async #answer(asked: readonly Waiting[], options: Parameters<Store['get']>[1]): Promise<void> {
    const ids = [...new Set(asked.map(({ id }) => id))]
    const jobs = new Map<string, Job | undefined>()
    for (let i = 0; i < ids.length; i += pageSize) {
      const page = ids.slice(i, i + pageSize)
      const found = await this.#store.get(page, options)
      page.forEach((id, k) => jobs.set(id, found[k]))
    }
    for (const one of asked) if (one.try(jobs.get(one.id))) this.#waiting.delete(one)
  }

  #giveUp(asked: readonly Waiting[], error: unknown): void {
    for (const one of asked) {
      this.#waiting.delete(one)
      one.fail(error)
    }
  }

  #rest(): void {
    if (this.#waiting.size === 0) {
      this.#stopListening?.()
      this.#stopListening = undefined
      return
    }
    this.#stopTimer = this.#clock.after(this.#isRung ? fastestMs / 4 : this.#paceMs, () => void this.#look())
    this.#paceMs = Math.min(slowestMs, this.#paceMs * 1.5)
  }
}

/**
 * The JSON text of a finished job's result (`null` text when it returned nothing); `undefined` while it is not final.
 * @throws {JobFailed} LW2201 dead, LW2202 cancelled. @throws {LegworkError} LW2301 not found.
 */
export function resultOf(
  id: string,
  job: Job | undefined,
): { readonly result: string | undefined } | undefined {
  if (!job)
    throw new LegworkError(
      'LW2301',
      `job ${id} is not in the store: never enqueued here, or removed by its retention.`,
      { id },
    )
  if (!isFinal(job.state)) return undefined
  if (job.state === 'completed') return { result: job.result }
  if (job.state === 'cancelled')
    throw new JobFailed(
      'LW2202',
      `job ${id} (${job.task}) was cancelled: ${job.reason ?? 'no reason given'}.`,
      { id, reason: job.reason },
    )
  const last = job.error ? `: ${job.error.name}: ${job.error.message}` : ''
  throw new JobFailed(
    'LW2201',
    `job ${id} (${job.task}) is dead (${job.reason}) after ${job.attempt} ${job.attempt === 1 ? 'attempt' : 'attempts'}${last}. Retry it with: legwork dead retry ${id}`,
    {
      id,
      reason: job.reason,
      error: job.error,
    },
  )
}
