import type { Beat, Pulse } from '../../store/contract.ts'
import type { Settings } from './connect.ts'
import type { Reply } from './desk.ts'
import type { Call } from './group.ts'

/** What the thread is started with. `time` is the shared memory of a test's clock: `[now, monotonic]`. */
export interface Init {
  readonly settings: Settings
  readonly time: SharedArrayBuffer | undefined
}

/** How a call went; both sides know it by its id. */
export interface Answer {
  readonly id: number
  readonly reply: Reply
}

export type ToThread =
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | { readonly kind: 'open'; readonly id: number }
  | { readonly kind: 'migrate'; readonly id: number; readonly dryRun: boolean }
  | { readonly kind: 'beat'; readonly id: number; readonly beat: Beat; readonly pulse: Pulse }
  | { readonly kind: 'unbeat'; readonly id: number }
  | { readonly kind: 'listen'; readonly on: boolean }
  | { readonly kind: 'close' }

export type FromThread =
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  | { readonly kind: 'beaten'; readonly id: number; readonly reply: Reply; readonly sentAt: number }
  | { readonly kind: 'bell' }
