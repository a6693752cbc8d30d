import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { legwork } from '../app.ts'
import { task, unchecked } from '../define/task.ts'
import { Dead } from '../define/verdicts.ts'
import { fixed } from '../job/backoff.ts'
import { catalogue } from '../job/catalogue.ts'
import { sleep } from '../job/clock.ts'
import { InvalidOption } from '../job/errors.ts'
import { mask } from '../open-store.ts'
import type { App } from '../surface.ts'
import type { JobEvent } from '../watch/events.ts'
import type { JobHandle } from '../watch/handle.ts'
import { realClock } from '../world.ts'
import type { Common } from './command.ts'
import { type DemoInput, readInput } from './demo-input.ts'
import { codeOf, exits } from './exit.ts'
import { photoSize } from './photo-size.ts'
import { safe } from './safe.ts'
import { plural } from './table.ts'
import type { Terminal } from './terminal.ts'
import { showProgress } from './view.ts'

const greet = task('greet', { queue: 'mail', input: unchecked<{ name: string }>() })
const charge = task('charge', {
  queue: 'payments',
  input: unchecked<{ cents: number }>(),
  retry: { attempts: 5, backoff: fixed('600ms') },
})
const convert = task('convert', { queue: 'media', input: unchecked<{ film: string }>() })
const measure = task('measure', {
  queue: 'media',
  input: unchecked<{ photo: string }>(),
  retry: { attempts: 2, backoff: fixed('300ms') },
})
const fax = task('fax', { queue: 'mail', input: unchecked<{ to: string }>() })

export interface DemoOptions extends Common {
  readonly keep?: boolean
  readonly images?: string
  readonly csv?: string
}

/** A few seconds of a small company's jobs, in this process and a temporary folder. */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<number> {
  const { json, keep } = options
  const input = readInput(options)
  const folder = await mkdtemp(join(tmpdir(), 'legwork-demo-'))
  const leave = new AbortController()
  const interrupt = () => leave.abort()
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const show = json ? () => {} : (line: string) => terminal.out(line)
  let isFile = false
  try {
    const opened = await openApp(folder, { show, options })
    const { app } = opened
    isFile = opened.isFile
    try {
      const told = await perform(app, { show, terminal, input, signal: leave.signal })
      if (json) terminal.json({ ...told, ...(keep && isFile && { kept: folder }) })
      return told.ok ? exits.ok : exits.failed
    } finally {
      await app.stop({ grace: 0 })
    }
  } catch (error) {
    if (!leave.signal.aborted) throw error
    terminal.err(keep || !isFile ? '\nStopped.' : '\nStopped; the temporary store is removed.')
    return exits.interrupted
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    if (keep && isFile) show(`\nKept: ${folder}\n  legwork jobs list --url ${join(folder, 'jobs.db')}`)
    else await rm(folder, { recursive: true, force: true })
  }
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** In a file, where this Node has a driver for one; else in memory, which is enough to look at. */
async function openApp(
  folder: string,
  {
    show,
    options: { keep = false, url },
  }: { readonly show: (line: string) => void; readonly options: DemoOptions },
): Promise<{ readonly app: App; readonly isFile: boolean }> {
  if (url !== undefined) return { app: await onServer(url, show), isFile: false }
  const inFile = legwork({ store: join(folder, 'jobs.db'), log: quiet })
  try {
    const { level } = await inFile.durability()
    const fate = keep ? 'kept' : 'removed'
    show(`A demo in a temporary SQLite file (${level}), ${fate} at the end. Ctrl-C stops it.\n`)
    return { app: inFile, isFile: true }
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'LW1001' && code !== 'LW1015') throw error
    show(`A demo in memory: this Node has no SQLite that can be used (${code}).\n  ${catalogue[code].fix}\n`)
    return { app: legwork({ store: 'memory:', log: quiet }), isFile: false }
  }
}

/** Under a prefix, or in a schema, that no other demo has. @throws {InvalidOption} LW1201 for what is no server. */
async function onServer(url: string, show: (line: string) => void): Promise<App> {
  if (!/^(postgres(ql)?|rediss?):\/\//i.test(url) || !URL.canParse(url))
    throw new InvalidOption(
      '--url',
      mask(url),
      'redis://… or postgres://…; without it the demo takes a temporary file, which --keep keeps',
    )
  const place = new URL(url)
  const part = /^redis/i.test(url) ? 'prefix' : 'schema'
  const name = place.searchParams.get(part) ?? `demo-${realClock.now().toString(36)}`
  place.searchParams.set(part, name)
  const app = legwork({ store: place.href, log: quiet })
  try {
    const { level } = await app.durability()
    show(`A demo on ${mask(url)} (${level}). Its jobs stay there, ${part} ${name}. Ctrl-C stops it.\n`)
  } catch (error) {
    await app.stop()
    throw error
  }
  return app
}

interface Stage {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly input: DemoInput
  show(line: string): void
}

interface Told {
  readonly ok: boolean
  readonly completed: number
  readonly retried: number
  readonly died: number
  readonly revived: number
  /** Photographs of the person's own that are none. */
  readonly unreadable: number
}

async function perform(app: App, stage: Stage): Promise<Told> {
  const line = { isRepaired: false, unreadable: 0 }
  const { names = ['Ada', 'Grace', 'Edsger', 'Barbara'], photos = [] } = stage.input
  handleAll(app, line)
  await app.start({ concurrency: 4 })
  const since = realClock.monotonic()
  const [greetings, charges, conversion, measured, lost, late] = await Promise.all([
    app.enqueueMany(
      greet,
      names.map((name) => ({ name })),
    ),
    app.enqueueMany(charge, [{ cents: 1_200 }, { cents: 4_900 }]),
    app.enqueue(convert, { film: 'holiday.mov' }),
    app.enqueueMany(
      measure,
      photos.map((photo) => ({ photo })),
    ),
    app.enqueue(fax, { to: '+47 555 0100' }),
    app.enqueue(greet, { name: 'Alan' }, { delay: '2s' }),
  ])
  const jobs: JobHandle[] = [...greetings, ...charges, conversion, ...measured, lost, late]
  const endings = await Promise.all(jobs.map((job) => watch(job, since, stage)))
  line.isRepaired = true
  stage.show(
    `\n  The line is repaired, so the dead letter is brought back, as with: legwork dead retry ${lost.id}`,
  )
  await app.retry(lost.id)
  const revived = await watch(lost, since, stage)
  return summary(endings, { revived, unreadable: line.unreadable }, stage)
}

function handleAll(app: App, line: { readonly isRepaired: boolean; unreadable: number }): void {
  app.handle(greet, async ({ input, signal }) => {
    await sleep(realClock, 150, signal)
    return `Hello ${input.name}`
  })
  app.handle(charge, ({ attempt }) => {
    if (attempt <= 2) throw new Error('the card gateway did not answer')
    return 'paid'
  })
  app.handle(convert, async ({ progress, signal }) => {
    for (let percent = 20; percent <= 100; percent += 20) {
      await sleep(realClock, 500, signal)
      signal.throwIfAborted()
      progress({ percent, note: 'converting' })
    }
  })
  app.handle(measure, async ({ input: { photo } }) => {
    const bytes = await readFile(photo)
    const size = photoSize(bytes)
    if (size) return `${basename(photo)} ${size.width} x ${size.height}`
    line.unreadable += 1
    throw new Dead(`${basename(photo)} is no photograph that can be read`)
  })
  app.handle(fax, () => {
    if (!line.isRepaired) throw new Dead('the line is cut')
    return 'sent'
  })
}

interface Ending {
  readonly state: string
  readonly failures: number
}

/** Prints what happens to a job until it is final. */
async function watch(job: JobHandle, since: number, { show, terminal, signal }: Stage): Promise<Ending> {
  const dim = (part: string) => terminal.paint('dim', part)
  let said = 0
  let failures = 0
  for await (const event of job.events({ signal })) {
    if (event.type === 'ended' && event.outcome === 'retry') failures += 1
    const text = lineOf(event, terminal)
    // A brought-back job tells its whole history again: what lies before this demo's second look is known.
    if (text === undefined || event.at < said) continue
    said = event.at
    const at = `${((realClock.monotonic() - since) / 1_000).toFixed(1)}s`
    show(`  ${dim(at.padStart(5))}  ${safe(job.task).padEnd(8)} ${dim(job.id.slice(-5))}  ${text}`)
  }
  return { state: (await job.status()).state, failures }
}

function lineOf(event: JobEvent, terminal: Terminal): string | undefined {
  switch (event.type) {
    case 'progress':
      return `${terminal.paint('cyan', '▸')} ${safe(showProgress(event))}`
    case 'ended': {
      if (event.outcome !== 'retry') return undefined
      const failed = `attempt ${event.attempt} failed: ${safe(event.error?.message ?? '')}`
      return `${terminal.paint('yellow', '↻')} ${failed}; it is tried again`
    }
    case 'completed': {
      const output = event.output === undefined ? '' : `: ${safe(String(event.output))}`
      return `${terminal.paint('green', '✔')} completed${output}`
    }
    case 'dead':
      return `${terminal.paint('red', '✖')} dead (${event.reason}): ${safe(event.error?.message ?? '')}`
    default:
      return undefined
  }
}

interface After {
  readonly revived: Ending
  readonly unreadable: number
}

function summary(
  endings: readonly Ending[],
  { revived, unreadable }: After,
  { show, terminal }: Stage,
): Told {
  const n = (state: string) => endings.filter((ending) => ending.state === state).length
  const told = {
    completed: n('completed'),
    retried: endings.filter(({ failures }) => failures > 0).length,
    died: n('dead'),
    revived: revived.state === 'completed' ? 1 : 0,
    unreadable,
  }
  const ok =
    told.completed === endings.length - 1 - unreadable &&
    told.retried >= 2 &&
    told.died === 1 + unreadable &&
    told.revived === 1
  const mark = ok ? terminal.paint('green', '✔') : terminal.paint('red', '✖ not as expected:')
  const done = `${plural(told.completed, 'job')} completed, ${told.retried} of them after failures`
  show(`\n${mark} ${done}; ${told.died} died, of which ${told.revived} was brought back and completed.`)
  show('  Next, your own: legwork init, then legwork dev')
  return { ok, ...told }
}
