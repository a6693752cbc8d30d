/** Where time comes from. Handed in, so that tests can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds of a clock that never goes back and that all processes of this machine share. */
  monotonic(): number
  /** Calls `then` once after `ms`; the answer takes it back. A pending call does not keep the process alive if `idle`. */
  after(ms: number, then: () => void, options?: { readonly idle?: boolean }): () => void
  /** `[now, monotonic]` as two float64, for stores that read a test's clock from another thread. */
  readonly shared?: SharedArrayBuffer
}

/** Resolves after `ms`, or at once when `signal` fires. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const stop = clock.after(ms, done)
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      stop()
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}
