// The demo, `npm start`: opens the shop in a folder of its own, plays the story, verifies, cleans up.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process, { argv, env, stderr, stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { legwork } from 'legwork'
import { openCrew } from './crew.ts'
import { openInbox } from './inbox.ts'
import { writeNotes } from './notes.ts'
import { BadInput, ownPeople, ownPhotos } from './own-input.ts'
import { type Places, placesIn } from './places.ts'
import { sabotage, sabotageNames } from './sabotage.ts'
import { openScreen } from './screen.ts'
import { openShop } from './shop.ts'
import { tellStory } from './story.ts'
import { layOut, type Own } from './supplies.ts'
import { verify } from './verify.ts'

const help = `Usage: npm start [-- options]

A small shop's back office on Legwork: sign-ups send welcome mails, photographs become thumbnails, a CSV
file is imported, in several processes, one of which is killed half-way. Then the outcome is verified.
It takes half a minute, uses loopback only, and leaves nothing behind.

Options:
  --keep        keep the shop's folder (inbox, thumbnails, database, logs) and print where it is
  --images DIR  your own photographs in the place of ours; 60 at most, and they stay where they are
  --csv FILE    your own people: a CSV file with the columns name and email; 80 at most. The mails go to
                the demo's own mail server, to nobody else
  --store URL   where the jobs are instead of in the shop's file, such as redis://localhost:6379 or
                postgres://localhost/shop, under a prefix or in a schema of their own; they stay there
  --help        this text
`

/** The story takes a quarter of this on two slow cores; past it, something is wrong. In ms. */
const patienceMs = 90_000

interface Options {
  readonly keep: boolean
  readonly help: boolean
  readonly sabotage: string | undefined
  readonly images: string | undefined
  readonly csv: string | undefined
  readonly store: string | undefined
}

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'string') {
    stderr.write(`${options}\n\n${help}`)
    return 2
  }
  if (options.help) {
    stdout.write(help)
    return 0
  }
  const own = await ownInput(options)
  if (own === undefined) return 2
  // Every process of the shop reads it.
  if (options.store) env['SHOP_JOBS'] = options.store
  const places = placesIn(await mkdtemp(join(tmpdir(), 'legwork-shop-')))
  try {
    return await openFor(places, options, own)
  } finally {
    if (options.keep) stdout.write(`Kept: ${places.folder}\n`)
    else await rm(places.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The options, or what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      args: argv.slice(2),
      options: {
        keep: { type: 'boolean' },
        help: { type: 'boolean' },
        sabotage: { type: 'string' },
        images: { type: 'string' },
        csv: { type: 'string' },
        store: { type: 'string' },
      },
    })
    const { keep = false, help: wantsHelp = false, sabotage: broken, images, csv, store } = values
    if (broken === undefined || sabotageNames.includes(broken))
      return { keep, help: wantsHelp, sabotage: broken, images, csv, store: store && ownPart(store) }
    return `--sabotage takes one of ${sabotageNames.join(', ')}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** On a server keys, or a schema, that no other run of the demo has. @throws where it is no URL */
function ownPart(store: string): string {
  if (!URL.canParse(store))
    throw new Error(`--store takes a URL such as redis://localhost:6379, got ${store}`)
  const url = new URL(store)
  const part = url.protocol.startsWith('redis') ? 'prefix' : 'schema'
  if (!/^(redis|postgres)/.test(url.protocol) || url.searchParams.has(part)) return store
  url.searchParams.set(part, `shop-${Date.now().toString(36)}`)
  return url.href
}

/** What a visitor brought, read before anything begins; undefined, and said, where it cannot be used. */
async function ownInput({ images, csv }: Options): Promise<Own | undefined> {
  try {
    const photos = images === undefined ? undefined : await ownPhotos(images)
    const people = csv === undefined ? undefined : await ownPeople(csv)
    for (const { without } of [photos, people].filter((one) => one !== undefined))
      if (without !== '') stdout.write(`${without}\n`)
    return { ...(photos && { photos: photos.found }), ...(people && { people: people.found }) }
  } catch (error) {
    if (!(error instanceof BadInput)) throw error
    stderr.write(`${error.message}\n`)
    return undefined
  }
}

async function openFor(places: Places, options: Options, own: Own): Promise<number> {
  const startedAt = performance.now()
  const stop = new AbortController()
  const interrupt = (name: string) => stop.abort(new Error(name))
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const patience = setTimeout(
    () => stop.abort(new Error(`not done after ${patienceMs / 1000} s`)),
    patienceMs,
  )
  try {
    await layOut(places, own)
    await play(places, stop.signal)
    if (options.sabotage) await sabotage(places.folder, options.sabotage)
    return summarize(await verify(places.folder), performance.now() - startedAt)
  } catch (error) {
    const reason = stop.signal.aborted ? stop.signal.reason : error
    if (isInterrupt(reason)) {
      stderr.write('\nStopped.\n')
      return 130
    }
    stderr.write(`\n✘ ${reason instanceof Error ? reason.message : String(reason)}\n`)
    await printLogs(places)
    return 1
  } finally {
    clearTimeout(patience)
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

const isInterrupt = (reason: unknown): boolean =>
  reason instanceof Error && /^SIG(INT|TERM)$/.test(reason.message)

/** Opens everything that the story needs, and leaves nothing open behind it. */
async function play(places: Places, signal: AbortSignal): Promise<void> {
  const db = await openShop(places.db)
  const inbox = await openInbox(places.inbox)
  const crew = openCrew(places, { SHOP_FOLDER: places.folder, SHOP_SMTP_PORT: String(inbox.port) })
  const leave = () => void crew.dismiss()
  signal.addEventListener('abort', leave, { once: true })
  try {
    await using app = legwork(places.jobs)
    const rowCount = (await readFile(places.areas, 'utf8')).trimEnd().split('\n').length - 1
    const screen = openScreen(stdout, { isDumb: env['TERM'] === 'dumb', now: () => performance.now() })
    screen.tell(`the shop opens in ${places.folder} (${(await app.durability()).level})`)
    const window = { places, db, rowCount, store: await app.store() }
    await writeNotes(
      places,
      await tellStory({ crew, inbox, screen, window, signal, schedules: app.schedules, app }),
    )
    const { mails, repeats, refusals } = inbox.seen
    screen.tell(`the mail server took ${mails} mails, knew ${repeats} already, and turned ${refusals} away`)
  } finally {
    await crew.dismiss()
    await inbox.close()
    db.close()
  }
}

function summarize(verdicts: Awaited<ReturnType<typeof verify>>, ms: number): number {
  const failed = verdicts.filter(({ problems }) => problems.length > 0)
  stdout.write('\n')
  for (const { name, proves, problems } of verdicts) {
    const isGood = problems.length === 0
    stdout.write(
      `${isGood ? '✔' : '✘'} ${name.padEnd(12)} ${isGood ? proves : problems.slice(0, 5).join('; ')}\n`,
    )
    if (problems.length > 5) stdout.write(`${' '.repeat(15)}and ${problems.length - 5} more\n`)
  }
  const seconds = (ms / 1000).toFixed(1)
  const end =
    failed.length === 0
      ? `All ${verdicts.length} verifications hold`
      : `${failed.length} of ${verdicts.length} verifications do NOT hold`
  stdout.write(`\n${end}; ${seconds} s.\n`)
  return failed.length === 0 ? 0 : 1
}

/** The last lines of what the other processes printed. */
async function printLogs({ folder }: Places): Promise<void> {
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.log'))) {
    const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n').slice(-15)
    stderr.write(`--- ${name}\n${lines.join('\n')}\n`)
  }
}

// Whoever reads along may leave (`| head`); the demo still ends properly.
stdout.on('error', () => {})
process.exitCode = await main()
