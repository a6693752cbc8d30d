import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { openStore } from '../../open-store.ts'
import type { Migrated } from '../../store/index.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { placeOf, showPlace } from '../connect.ts'
import { plural } from '../table.ts'
import type { Terminal } from '../terminal.ts'

interface Options extends Common {
  readonly dryRun?: boolean
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'migrate', {
    summary: 'bring the schema of the store up to date; makes the store where there is none',
    examples: ['migrate --dry-run', 'migrate --url ./jobs.db'],
  })
  does<Options>(command.option('--dry-run', 'print the statements without running them'), (call) =>
    migrate(call, terminal),
  )
}

async function migrate({ options }: Call<Options>, terminal: Terminal): Promise<void> {
  const place = placeOf(options)
  const isForecast = options.dryRun === true
  // A look must not make a file: what a new store would get is asked of one in no file at all.
  const url =
    isForecast && place.file !== undefined && !existsSync(place.file) ? 'sqlite::memory:' : place.url
  const store = await openStore(url)
  try {
    const done = await store.migrate({ dryRun: isForecast })
    if (options.json)
      terminal.json({ store: place.file ?? place.url, ...done, ...(isForecast && { dryRun: true }) })
    else tell(done, { place: showPlace(place), isForecast, terminal })
  } finally {
    await store.close()
  }
}

function tell(
  { from, to, steps }: Migrated,
  { place, isForecast, terminal }: { place: string; isForecast: boolean; terminal: Terminal },
): void {
  const became = isForecast ? 'would become' : 'became'
  if (steps.length === 0) return terminal.err(`${place} is up to date (schema ${to}).`)
  for (const { version, name, sql } of steps)
    terminal.out(isForecast ? `-- ${version} ${name}\n${sql.trim()}\n` : `${version} ${name}`)
  terminal.err(`${place}: schema ${from} ${became} ${to}, ${plural(steps.length, 'step')}.`)
}
