export interface TortureOptions {
  readonly jobs: number
  readonly seconds: number
  readonly kills: number
  /** Default `sqlite`. */
  readonly engine?: 'sqlite' | 'redis' | 'redis-cluster' | 'postgres'
  /** Default 2. */
  readonly workers?: number
  /** How often the server is killed, where there is one. Default 20,000 ms. */
  readonly outageEveryMs?: number
  /** How often at least, also where all is done before. Default 0. */
  readonly outagesAtLeast?: number
  readonly runningAtKill?: number
  readonly leaseMs?: number
  readonly concurrency?: number
  readonly freezes?: number
  readonly keep?: boolean
  readonly say?: (text: string) => void
}
export interface Seen {
  /** Jobs that ran on the victim, for each kill of a worker. */
  readonly kills: readonly number[]
  readonly producerKills: number
  readonly freezes: number
  /** The times that the server was killed and came back. */
  readonly outages: readonly object[]
  /** From when it took calls again to the first job that was heard completed; `undefined` where none was left. */
  readonly firstDoneMs: readonly (number | undefined)[]
  /** Processes that ended without being told to. */
  readonly ended: readonly string[]
  readonly seconds: number
  readonly summary: Readonly<Record<string, number>>
  readonly violations: readonly { readonly rule: string; readonly says: string }[]
  /** Kept when something was violated. */
  readonly folder?: string
  readonly clean?: () => void
}
export function torture(options: TortureOptions): Promise<Seen>
