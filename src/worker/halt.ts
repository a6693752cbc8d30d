/**
 * The stop button of one run. An AbortController is the largest single cost of a small job, so there is one only for
 * handlers that look at their signal.
 */
export class Halt {
  #controller: AbortController | undefined
  readonly #hear: { run?: () => void; batch?: () => void } = {}
  #reason: unknown
  #isAborted = false

  get aborted(): boolean {
    return this.#isAborted
  }

  get reason(): unknown {
    return this.#reason
  }

  /** The same as a signal, for whoever takes one. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#isAborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Once; what comes later changes nothing. */
  abort(reason: Error): void {
    if (this.#isAborted) return
    this.#isAborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#hear.run?.()
    this.#hear.batch?.()
  }

  /** Tells the one listener for the run, or for its batch; at once when it has been aborted already. */
  onAbort(hear: () => void, who: 'run' | 'batch' = 'run'): void {
    this.#hear[who] = hear
    if (this.#isAborted) hear()
  }
}
