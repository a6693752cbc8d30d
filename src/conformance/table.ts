import type { Report, Verdict } from './run.ts'

/** Promises x stores as a Markdown table that also reads well on a terminal; what was not exercised is explained below it. */
export function table(reports: readonly Report[]): string {
  const ids = [...new Set(reports.flatMap(({ lines }) => lines.map(({ id }) => id)))]
  const notes: string[] = []
  const rows = ids.map((id) => {
    const found = reports.map(({ lines }) => lines.find((line) => line.id === id))
    const about = found.find((line) => line !== undefined)
    return [
      `\`${id}\``,
      about?.level ?? '',
      about?.promise ?? '',
      ...found.map((line) => cell(line?.result, notes)),
    ]
  })
  const totals = reports.map(
    ({ kept, broken, notExercised }) => `${kept} kept, ${broken} broken, ${notExercised} not exercised`,
  )
  const header = ['id', 'level', 'promise', ...reports.map(({ name }) => name)]
  const all = [header, header.map(() => '---'), ...rows, ['', '', 'together', ...totals]]
  const legend = notes.map((note, i) => `${i + 1}. not exercised: ${note}`)
  return [...all.map((cells) => `| ${cells.join(' | ')} |`), '', ...legend, ''].join('\n')
}

function cell(result: Verdict | undefined, notes: string[]): string {
  if (result === undefined) return ''
  if (result.verdict === 'kept') return 'kept'
  if (result.verdict === 'broken') return `**broken**: ${oneLine(result.error)}`
  if (!notes.includes(result.reason)) notes.push(result.reason)
  return `– (${notes.indexOf(result.reason) + 1})`
}

const oneLine = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, 200)
}
