/** What the payload of a benchmark's job is; `t` is when it was handed in, where that is measured. */
export interface Input {
  readonly i: number
  readonly t: number
  readonly p: string
}

/** What an adapter gives for each system: `open` makes one connection of one process. */
export interface System {
  /** Read back from the connection, never asserted. */
  durability(): Promise<{
    readonly level: string
    readonly engine: string
    readonly settings: string
  }>
  /** Durable when it resolves; not before `dueAt`, in milliseconds since 1970. */
  enqueue(input: Input, dueAt?: number): Promise<unknown>
  enqueueMany(inputs: readonly Input[], dueAt?: number): Promise<unknown>
  startWorker(options: {
    readonly concurrency: number
    onJob(input: Input): Promise<void>
  }): Promise<{ stop(): Promise<unknown> }>
  /** Claims without running anything. */
  claimer(): Promise<{ claim(limit: number): Promise<number>; release(): Promise<unknown> }>
  /** What the worker has asked of its store so far: calls, or statements where there are no calls. */
  calls?(): number
  close(): Promise<unknown>
}
export type Open = (where: {
  readonly file?: string
  readonly url?: string
  readonly variant?: string
}) => Promise<System>
