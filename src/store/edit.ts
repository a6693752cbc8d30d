import type { State } from '../job/state.ts'
import type { KeyChange } from '../job/unique.ts'

/** Another payload for a job that does not run. The one before is kept, with who changed it and why. */
export interface Edit {
  readonly id: string
  /** JSON text. */
  readonly payload: string
  /** Of the payload's shape. */
  readonly version: number
  /** How many revisions there were when the payload was read. */
  readonly revision: number
  /** The payload as it was read: a twin may have replaced it since, which is no revision. */
  readonly was?: string
  /** What the new payload means for its unique key. */
  readonly key?: KeyChange
  readonly by: string
  readonly reason?: string
}

/** `changed`: it has another payload than when it was read. `refused`: it runs. `twin`: another job holds the key that it would hold. */
export interface Edited {
  readonly outcome: 'done' | 'changed' | 'refused' | 'twin' | 'gone'
  readonly state?: State
  /** Its id. */
  readonly twin?: string
}
