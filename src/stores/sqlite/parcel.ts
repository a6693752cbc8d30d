import type { Verb } from './verbs.ts'

/** A list of calls or answers on its way to the other thread. As one text it costs a third of a structured clone. */
export type Parcel = { readonly text: string } | { readonly list: readonly unknown[] }

/** Verbs that carry many records, which JSON holds without loss: text, finite numbers, no gaps. */
const heavy: ReadonlySet<Verb> = new Set<Verb>(['enqueue', 'claim', 'settle', 'exchange'])

export function pack(list: readonly { readonly verb: Verb }[]): Parcel {
  if (!list.every(({ verb }) => heavy.has(verb))) return { list }
  try {
    return { text: JSON.stringify(list) }
  } catch {
    // A value of another kind, or more than one string can hold (2^29 characters): cloning can still carry it.
    return { list }
  }
}

/** What was packed. The other side is this same version of this file, so `T` is what it says. */
export const unpack = <T>(parcel: Parcel): readonly T[] =>
  ('text' in parcel ? JSON.parse(parcel.text) : parcel.list) as readonly T[]
