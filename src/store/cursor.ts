import { InvalidOption } from '../job/errors.ts'

/** The place that the cursor of a page names, a whole number in this radix. @throws {InvalidOption} LW1201 for what is no cursor. */
export function placeOf(cursor: string, radix: 10 | 36): number {
  const place =
    /^[0-9a-z]{1,11}$/.test(cursor) || /^\d{1,16}$/.test(cursor) ? Number.parseInt(cursor, radix) : Number.NaN
  if (Number.isSafeInteger(place) && place.toString(radix) === cursor) return place
  throw new InvalidOption('cursor', cursor, 'that of the page before')
}
