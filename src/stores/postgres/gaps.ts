/*
 * Numbers are given when a row is written, and seen when its transaction commits: a later number may be seen first. A place
 * in such a log therefore remembers the numbers that it passed over, until every transaction that was open then has ended.
 */

import { InvalidOption } from '../../job/errors.ts'

/** Numbers that may still come, with the first transaction that began too late to have any of them. */
export interface Gap {
  readonly from: number
  readonly to: number
  readonly until: number
}

/** Up to where a log was told, and what was passed over on the way. */
export interface Place {
  readonly at: number
  readonly gaps: readonly Gap[]
}

/** Open transactions of the moment: those below `oldest` have ended, those from `next` on have not begun. */
export interface Horizon {
  readonly oldest: number
  readonly next: number
}

/** More would make the text of a place long; who leaves so many behind misses some. */
const most = 100

/** The place after these rows were told, which are all that can be seen where the page is whole. */
export function movedOn(
  { at, gaps }: Place,
  told: readonly number[],
  { horizon, isWhole }: { readonly horizon: Horizon; readonly isWhole: boolean },
): Place {
  const fresh = told.filter((n) => n > at)
  const last = fresh.at(-1) ?? at
  const waits = gaps.filter(({ until }) => !isWhole || horizon.oldest < until)
  const old = waits.flatMap(({ from, to, until }) =>
    without(from, to, told).map((one) => ({ ...one, until })),
  )
  const isQuiet = horizon.oldest >= horizon.next
  const passed = isQuiet ? [] : without(at + 1, last, fresh).map((one) => ({ ...one, until: horizon.next }))
  return { at: last, gaps: [...old, ...passed].slice(-most) }
}

/** What is left of a range without some numbers, in ranges. */
function without(
  from: number,
  to: number,
  numbers: readonly number[],
): readonly { from: number; to: number }[] {
  const left: { from: number; to: number }[] = []
  let next = from
  for (const n of numbers) {
    if (n < next || n > to) continue
    if (n > next) left.push({ from: next, to: n - 1 })
    next = n + 1
  }
  if (next <= to) left.push({ from: next, to })
  return left
}

export const placeText = ({ at, gaps }: Place): string =>
  [[at], ...gaps.map(({ from, to, until }) => [from, to, until])]
    .map((numbers) => numbers.map((n) => n.toString(36)).join('-'))
    .join('_')

const shape = /^[0-9a-z]{1,11}(_[0-9a-z]{1,11}-[0-9a-z]{1,11}-[0-9a-z]{1,11})*$/

/** The places that a cursor names. @throws {InvalidOption} LW1201 for what no store of this kind has given. */
export function placesOf(cursor: string): readonly Place[] {
  const places = cursor.split('.')
  if (places.length > 4 || !places.every((one) => shape.test(one)))
    throw new InvalidOption('after', cursor, 'a cursor that changes() of this store answered')
  return places.map(placeOf)
}

/** What `placeText` wrote. */
export function placeOf(text: string): Place {
  const [at = [0], ...gaps] = text
    .split('_')
    .map((part) => part.split('-').map((n) => Number.parseInt(n, 36)))
  return { at: at[0] ?? 0, gaps: gaps.map(([from = 0, to = 0, until = 0]) => ({ from, to, until })) }
}
