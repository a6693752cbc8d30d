/**
 * Names that stand for one value each, whoever says so first. Several stores that share the jobs keep here, each for a share of
 * all names, which of them has what: so no name is in two of them.
 */
export interface Names {
  /** Writes each name that does not stand for anything, or that stands for `instead`; then tells what each stands for. */
  take(asked: readonly Taking[]): Promise<readonly Standing[]>
  /** Forgets names that still stand for this value and that nobody has taken for so long. */
  drop(names: readonly Named[], unusedMs: number): Promise<void>
  /** Those that nobody has taken for so long, the longest first. */
  unused(unusedMs: number, limit: number): Promise<readonly Named[]>
}

export interface Named {
  readonly name: string
  readonly value: string
}
export interface Taking extends Named {
  readonly instead?: string
}
/** `agoMs`: when somebody took it last for this value. */
export interface Standing {
  readonly value: string
  readonly agoMs: number
}
