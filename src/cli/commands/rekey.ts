import type { Command } from 'commander'
import { legwork } from '../../app.ts'
import { InvalidOption } from '../../job/errors.ts'
import type { Rekeyed } from '../../payload/rekey.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { mustBeThere, placeOf, showPlace } from '../connect.ts'
import { exits } from '../exit.ts'
import { loadApp } from '../load-app.ts'
import { safe } from '../safe.ts'
import { plural } from '../table.ts'
import type { Terminal } from '../terminal.ts'

interface Options extends Common {
  readonly dryRun?: boolean
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'rekey [file]', {
    summary: 'seal the keys of all stored jobs with the active key, after it was changed',
    examples: ['rekey jobs.ts --dry-run', 'rekey jobs.ts', 'LEGWORK_KEYS=… legwork rekey --url ./jobs.db'],
  })
    .option('--dry-run', 'only count')
    .addHelpText(
      'after',
      '\nThe keys are those of the app in the file; without a file, those in LEGWORK_KEYS.',
    )
  does<Options>(command, (call) => run(call, terminal))
}

async function run({ args: [file], options }: Call<Options>, terminal: Terminal): Promise<number> {
  const place = placeOf(options)
  if (file === undefined) mustBeThere(place)
  if (file === undefined && !process.env['LEGWORK_KEYS'])
    throw new InvalidOption('LEGWORK_KEYS', undefined, 'keys in it, or the file of an app that has keys')
  const app = file === undefined ? legwork(place.url) : (await loadApp(file, options)).app
  const { dryRun = false, json } = options
  const over = new AbortController()
  const stop = () => over.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    const onProgress = (soFar: Rekeyed) => {
      if (terminal.isTty && !json)
        terminal.err(terminal.paint('dim', `  ${plural(soFar.looked, 'job')} looked at`))
    }
    const found = await app.rekey({ dryRun, signal: over.signal, onProgress })
    if (json) terminal.json({ ...found, ...(dryRun && { dryRun: true }) })
    else tell(found, { dryRun, where: file ?? showPlace(place), terminal })
    if (!found.done) return exits.interrupted
    return Object.keys(found.missing).length > 0 ? exits.failed : exits.ok
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    await app.stop()
  }
}

function tell(
  { looked, rekeyed, current, missing, done }: Rekeyed,
  { dryRun, where, terminal }: { dryRun: boolean; where: string; terminal: Terminal },
): void {
  const verb = dryRun ? 'would be sealed' : 'sealed'
  terminal.out(
    `${where}: ${plural(looked, 'job')} looked at, ${rekeyed} ${verb} with the active key, ${current} were already.`,
  )
  for (const [kid, n] of Object.entries(missing))
    terminal.err(
      kid === 'damaged'
        ? `  ${plural(n, 'job')} do not open: they were changed, or copied from another job (LW2602).`
        : `  ${plural(n, 'job')} sealed with key ${safe(kid)}, which is not here (LW2601). Add it and run this again.`,
    )
  if (!done) terminal.err('  Interrupted. Run it again to go on where it was.')
  else if (rekeyed > 0 && !dryRun)
    terminal.err('  Before you take the old key away, run it again until it seals nothing.')
}
