import { clip } from '../job/errors.ts'
import { safe } from './safe.ts'
import type { Paint, Terminal } from './terminal.ts'

export interface Column<Row> {
  readonly title: string
  cell(row: Row): string | number
  readonly right?: boolean
  paint?(row: Row): Paint | undefined
}

/**
 * Rows as aligned text, the title line first: two spaces between the columns, no lines drawn, readable in a
 * pipe. On a terminal the last column is cut to the width.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  terminal: Terminal,
): string[] {
  const cells = rows.map((row) => columns.map((column) => safe(String(column.cell(row)))))
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((line) => line[i]?.length ?? 0)),
  )
  const last = columns.length - 1
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + 2, 0)
  const room = terminal.width === undefined ? Infinity : Math.max(12, terminal.width - before)
  const fit = (text: string, i: number): string => {
    if (columns[i]?.right) return text.padStart(widths[i] ?? 0)
    return i === last ? clip(text, room) : text.padEnd(widths[i] ?? 0)
  }
  const title = columns
    .map((column, i) => fit(column.title, i))
    .join('  ')
    .trimEnd()
  const lines = rows.map((row, k) => {
    const painted = columns.map((column, i) => {
      const format = column.paint?.(row)
      const text = fit(cells[k]?.[i] ?? '', i)
      return format ? terminal.paint(format, text) : text
    })
    return painted.join('  ').trimEnd()
  })
  return [terminal.paint('dim', title), ...lines]
}

/** `3 jobs`, `1 job`. */
export const plural = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`
