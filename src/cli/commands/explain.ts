import type { Command } from 'commander'
import { catalogue, type Code, type Entry } from '../../job/catalogue.ts'
import { nearest } from '../../job/errors.ts'
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
  const code = typed.toUpperCase().replace(/^(?:LW)?/, 'LW')
  if (!Object.hasOwn(catalogue, code)) return unknown(code, options, terminal)
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

function unknown(code: string, { json }: Common, terminal: Terminal): number {
  const near = nearest(code, Object.keys(catalogue))
  const hint = near ? ` (did you mean ${near}?)` : ''
  const message = `There is no code ${safe(code)}${hint}. legwork explain lists all.`
  terminal.err(json ? safeJson({ error: { message, exitCode: exits.notFound } }) : message)
  return exits.notFound
}
