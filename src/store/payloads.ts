/** What walks over stored payloads need: for keys that change. */
export interface Payloads {
  /**
   * Writes each payload in the place of another text that means the same, whatever the state of its job and without
   * touching anything else of it. Compare-and-set: `changed` where it is no longer `was`.
   */
  replace(changes: readonly PayloadChange[]): Promise<readonly Replaced[]>
  /** How far a walk came, by its name; it outlives the process. */
  placeOf(walk: string): Promise<string | undefined>
  /** `null` forgets it. */
  keepPlace(walk: string, place: string | null): Promise<void>
}

export interface PayloadChange {
  readonly id: string
  readonly was: string
  readonly now: string
}
export type Replaced = 'done' | 'changed' | 'gone'
