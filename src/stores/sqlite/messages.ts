import type { Beat } from '../../store/contract.ts'
import type { Settings } from './connect.ts'
import type { Fault } from './faults.ts'
import type { Parcel } from './parcel.ts'
import type { Verb } from './verbs.ts'

/** What the thread is started with. `time` is the shared memory of a test's clock: `[now, monotonic]`. */
export interface Init {
  readonly settings: Settings
  readonly time: SharedArrayBuffer | undefined
}

export interface PulseOf {
  readonly tick: SharedArrayBuffer
  readonly everyMs: number
  readonly maxStallMs: number
}

export interface PackedCall {
  readonly id: number
  readonly verb: Verb
  readonly args: Parcel
}

export interface PackedReply {
  readonly id: number
  readonly reply: Parcel | { readonly fault: Fault }
}

export type ToThread =
  | { readonly kind: 'calls'; readonly calls: readonly PackedCall[] }
  | { readonly kind: 'open'; readonly id: number }
  | { readonly kind: 'migrate'; readonly id: number; readonly dryRun: boolean }
  | { readonly kind: 'beat'; readonly id: number; readonly beat: Beat; readonly pulse: PulseOf }
  | { readonly kind: 'unbeat'; readonly id: number }
  | { readonly kind: 'listen'; readonly on: boolean }
  | { readonly kind: 'close' }

export type FromThread =
  | { readonly kind: 'answers'; readonly answers: readonly PackedReply[] }
  | ({ readonly kind: 'beaten' } & PackedReply)
  | { readonly kind: 'bell' }
