import type { Verb } from './verbs.ts'

/** A value on its way to the other thread. As text it costs a third of a structured clone. */
export type Parcel = { readonly text: string } | { readonly value: unknown }

/** Verbs that carry many records, which JSON holds without loss: text, finite numbers, no gaps. */
const heavy: ReadonlySet<Verb> = new Set<Verb>(['enqueue', 'claim', 'settle', 'exchange'])

export function pack(verb: Verb, value: unknown): Parcel {
  if (!heavy.has(verb)) return { value }
  try {
    return { text: JSON.stringify(value) }
  } catch {
    // A value of another kind, or more than one string can hold (2^29 characters): cloning can still carry it.
    return { value }
  }
}

export const unpack = (parcel: Parcel): unknown => ('text' in parcel ? JSON.parse(parcel.text) : parcel.value)
