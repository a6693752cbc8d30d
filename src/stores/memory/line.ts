import { defaults } from '../../job/defaults.ts'
import type { Row } from './tables.ts'

/** Each step of priority is worth one minute of waiting, so nothing starves. */
const sortKey = (row: Row): number => row.availableAt + row.job.priority * defaults.ageStepMs

const before = (a: Row, b: Row): boolean =>
  sortKey(a) - sortKey(b) < 0 || (sortKey(a) === sortKey(b) && a.seq < b.seq)

/** Where `row` belongs in a sorted list. */
function place(rows: readonly Row[], row: Row): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(rows[middle] as Row, row)) low = middle + 1
    else high = middle
  }
  return low
}

/** Puts a row where it belongs in a sorted list. */
export const insert = (rows: Row[], row: Row): void => void rows.splice(place(rows, row), 0, row)

export function remove(rows: Row[], row: Row): void {
  const at = place(rows, row)
  if (rows[at] === row) rows.splice(at, 1)
}
