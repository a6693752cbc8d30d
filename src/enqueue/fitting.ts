import { defaults } from '../job/defaults.ts'

/** How many of the first `most` that wait go together. */
export type Fit<Item> = (waiting: readonly { readonly item: Item }[], most: number) => number

/** How many of a list, from a place on, make one batch: at most `most`, and no more text than one call should carry, but for one alone. */
export function fitting<One>(
  list: readonly One[],
  from: number,
  most: number,
  textOf: (one: One) => string,
): number {
  const past = Math.min(list.length, from + Math.min(most, defaults.batchMax))
  let chars = 0
  for (let i = from; i < past; i++) {
    chars += textOf(list[i] as One).length
    if (chars > defaults.batchChars && i > from) return i - from
  }
  return past - from
}
