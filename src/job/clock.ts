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

/** The answer of a call, or the error of `late` when it takes longer than `ms`; the call goes on, and its end is nobody's. */
export async function within<T>(
  clock: Clock,
  ms: number,
  { call, late }: { readonly call: Promise<T>; readonly late: () => Error },
): Promise<T> {
  let stop = () => {}
  const tooLate = new Promise<never>((_, reject) => {
    stop = clock.after(ms, () => reject(late()))
  })
  // Whichever loses must not become an unhandled rejection.
  call.catch(() => {})
  try {
    return await Promise.race([call, tooLate])
  } finally {
    stop()
  }
}
