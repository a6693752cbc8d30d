import type { State } from '../job/state.ts'

/** Another payload for a job that does not run. The one before is kept, with who changed it and why. */
export interface Edit {
  readonly id: string
  /** JSON text. */
  readonly payload: string
  /** Of the payload's shape. */
  readonly version: number
  /** How many revisions there were when the payload was read. */
  readonly revision: number
  readonly by: string
  readonly reason?: string
}

/** `changed`: somebody else edited it since it was read. `refused`: it runs. */
export interface Edited {
  readonly outcome: 'done' | 'changed' | 'refused' | 'gone'
  readonly state?: State
}
