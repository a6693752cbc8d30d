export interface TortureOptions {
  readonly jobs: number
  readonly seconds: number
  readonly kills: number
  readonly runningAtKill?: number
  readonly leaseMs?: number
  readonly concurrency?: number
  readonly freezes?: number
  /** A server in the place of a file; restarted so often. */
  readonly server?: { readonly url: string; restart(): Promise<void> }
  readonly restarts?: number
  readonly keep?: boolean
  readonly say?: (text: string) => void
}
export interface Seen {
  /** Jobs that ran on the victim, for each kill of a worker. */
  readonly kills: readonly number[]
  readonly producerKills: number
  readonly freezes: number
  readonly restarts: number
  /** From when the server answered until a job was done, for each restart. */
  readonly backMs: readonly number[]
  readonly seconds: number
  readonly summary: Readonly<Record<string, number>>
  readonly violations: readonly { readonly rule: string; readonly says: string }[]
  /** Kept when something was violated. */
  readonly folder?: string
  readonly clean?: () => void
}
export function torture(options: TortureOptions): Promise<Seen>
