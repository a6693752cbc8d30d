import type { Command } from 'commander'
import { catalogue, type Code, type Entry } from '../../job/catalogue.ts'
import { show } from '../../job/errors.ts'
import { maybe } from '../acquaintance.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { exits } from '../exit.ts'
import { safe, safeJson } from '../safe.ts'
import { type Column, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'explain [code]', {
    summary: 'say what an error code means and what to do',
    examples: ['explain LW1102', 'explain'],
  })
  does<Common>(command, (call) => explain(call, terminal))
}

async function explain({ args: [typed], options }: Call<Common>, terminal: Terminal): Promise<number> {
  if (typed === undefined) return explainAll(options, terminal)
  const code = codeFrom(typed)
  if (!Object.hasOwn(catalogue, code)) return unknown(typed, options, terminal)
  const { title, why, fix } = catalogue[code as Code]
  if (options.json) terminal.json({ code, title, why, fix })
  else terminal.out(`${terminal.paint('bold', `${code} ${title}`)}\n  Why: ${why}\n  Fix: ${fix}`)
  return exits.ok
}

function explainAll({ json }: Common, terminal: Terminal): number {
  const items = Object.entries<Entry>(catalogue).map(([code, entry]) => ({ code, ...entry }))
  if (json) terminal.json({ items })
  else {
    const columns: Column<(typeof items)[number]>[] = [
      { title: 'CODE', cell: ({ code }) => code },
      { title: 'MEANS', cell: ({ title }) => title },
    ]
    for (const line of table(items, columns, terminal)) terminal.out(line)
  }
  return exits.ok
}

function unknown(typed: string, { json }: Common, terminal: Terminal): number {
  const message = /^(?:LW)?\d/i.test(typed) ? noSuchCode(typed) : noCode(typed)
  terminal.err(json ? safeJson({ error: { message, exitCode: exits.notFound } }) : message)
  return exits.notFound
}

const noSuchCode = (typed: string): string =>
  `There is no code ${safe(codeFrom(typed))}${maybe(codeFrom(typed), Object.keys(catalogue))}. ${listsAll}`

/** A word is looked for in the titles. */
function noCode(typed: string): string {
  const about = Object.entries<Entry>(catalogue)
    .filter(([, { title }]) => title.toLowerCase().includes(typed.toLowerCase()))
    .map(([code, { title }]) => `${code} (${title})`)
  const found = about.length > 0 ? ` About it: ${about.slice(0, 5).join(', ')}.` : ''
  return `${safe(show(typed))} is no error code; they look like LW1102.${found} ${listsAll}`
}

const listsAll = 'legwork explain lists all.'
const codeFrom = (typed: string): string => typed.toUpperCase().replace(/^(?:LW)?/, 'LW')
