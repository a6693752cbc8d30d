// Writes docs/reference/ from the code: `npm run docs`. With --check it only says whether the pages are fresh.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { catalogue } from '../dist/job/catalogue.js'
import { defaults, limits } from '../dist/job/defaults.js'
import { showMs } from '../dist/job/duration.js'
import { moves, states } from '../dist/job/state.js'

const check = process.argv.includes('--check')
const folder = new URL('../docs/reference/', import.meta.url)
const note = (from) => `<!-- Written by npm run docs from ${from}. Change that, then run it again. -->`
const table = (header, rows) =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** Errors, grouped by what the first digits of a code mean. */
function errorsPage() {
  const families = {
    LW10: 'The store',
    LW11: 'Tasks and payloads',
    LW12: 'Options and moments',
    LW13: 'Files of yours',
    LW16: 'Keys and blobs',
    LW20: 'How runs end',
    LW21: 'Schedules',
    LW22: 'Waiting for a result',
    LW23: 'Looking at jobs',
    LW26: 'Payloads that do not open',
  }
  const parts = Object.entries(families).map(([family, title]) => {
    const codes = Object.entries(catalogue).filter(([code]) => code.startsWith(family))
    const entries = codes.map(
      ([code, { title, why, fix }]) => `### ${code} ${title}\n\n${why}\n\n**What to do:** ${fix}\n`,
    )
    return `## ${title}\n\n${entries.join('\n')}`
  })
  const known = Object.keys(catalogue).every((code) => Object.hasOwn(families, code.slice(0, 4)))
  if (!known) throw new Error('a code of the catalogue belongs to no family of scripts/docs.mjs')
  return `${note('src/job/catalogue.ts')}

# Errors

Every error of Legwork is a \`LegworkError\` with a \`code\` that never changes its meaning. The message says what
happened, with the values; \`error.details\` has them for programs. \`legwork explain LW1102\` prints an entry of this page.

LW2001, LW2002 and LW2003 explain the words \`discarded\`, \`exhausted\` and \`expired\`, which a dead job carries as its
reason; no error has these codes.

${parts.join('\n')}`
}

/** States that no job of this version is ever in; the schema has room for them. */
const later = new Set(['parked', 'dispatched', 'suspended'])
const today = (names) => names.filter((name) => !later.has(name))

function statesPage() {
  const stateRows = Object.entries(states).map(([name, { final, means }]) => [
    `\`${name}\``,
    final ? 'final' : 'live',
    later.has(name) ? `${means} (not used by this version)` : means,
  ])
  const moveRows = Object.entries(moves).map(([name, { from, to }]) => [
    `\`${name}\``,
    from.join(', '),
    to.join(', '),
  ])
  const arrows = new Map()
  for (const [name, { from, to }] of Object.entries(moves).filter(([name]) => name !== 'suspend'))
    for (const a of today(from))
      for (const b of today(to)) arrows.set(`${a} --> ${b}`, [...(arrows.get(`${a} --> ${b}`) ?? []), name])
  const lines = [...arrows].map(([arrow, names]) => `    ${arrow}: ${names.join(', ')}`)
  return `${note('src/job/state.ts')}

# States

A job is in exactly one state. A paused queue is not a state of its jobs: they stay \`ready\`.

${table(['state', 'kind', 'means'], stateRows)}

A new job is \`scheduled\` when it was enqueued with a delay, and \`ready\` otherwise.

\`\`\`mermaid
stateDiagram-v2
    [*] --> ready: enqueue
    [*] --> scheduled: enqueue with a delay
${lines.join('\n')}
    completed --> [*]: retention
    dead --> [*]: retention
    cancelled --> [*]: retention
\`\`\`

The diagram shows the states that this version uses. This is every move that the table of moves allows; what is not
in it cannot happen.

${table(['move', 'from', 'to'], moveRows)}
`
}

/** What each figure is for. A figure without a line here, or a line without its figure, stops this script. */
const meanings = {
  queue: 'queue of a task that names none',
  attempts: 'failures after which a job is dead',
  priority: 'of a task that names none; 0 runs first, 9 last',
  ageStepMs: 'waiting that one step of priority is worth, so that nothing starves',
  concurrency: 'handlers at once in one process',
  leaseMs: 'a worker that is silent for this long loses its jobs',
  beatMs: 'time between two signs of life of a worker',
  maxStallMs: 'a worker whose event loop stands still for this long stops its signs of life',
  drainGraceMs: 'how long running handlers may go on at `stop()`',
  abortGraceMs: 'how long an aborted handler may take to end',
  pollBusyMs: 'time between two looks for jobs, while jobs come',
  pollIdleMs: 'the same, after a second without a job',
  pollQuietMs: 'the same, after `quietAfterMs` without a job',
  quietAfterMs: 'when a worker starts to look at the quiet pace',
  tendMs: 'time between two turns of upkeep in each process',
  tendIdleMs: 'the same, after a turn that found nothing to do',
  schedulesMs: 'time between two looks for changed schedules, while nothing rings and none is due',
  enqueueTimeoutMs: 'an enqueue that is not answered by then ends with LW1005',
  prefetchUnderMs: 'jobs that take less than this on average are claimed ahead',
  prefetchMax: 'jobs claimed ahead, at most',
  elsewhereMs: 'a retry that is to run in another process waits this long for one, from when it is due',
  claimMax: 'jobs of one claim, at most',
  batchMax: 'jobs in one commit, at most',
  batchChars:
    'characters of the payloads in one commit, and of what is claimed ahead, unless one alone has more',
  'retain.completed': 'how long completed jobs are kept',
  'retain.cancelled': 'how long cancelled jobs are kept',
  'retain.dead': 'how long dead jobs are kept',
  'keep.goneWorkers.ageMs': 'how long attempts name a worker that is gone',
  'keep.goneWorkers.count': 'workers that are gone and still named, at most',
  'keep.audit.ageMs': 'how long the log of what people did is kept',
  'keep.audit.count': 'entries of that log, at most',
  'keep.bulks.ageMs': 'how long bulk operations are kept that are over or stand still',
  'keep.failures.ageMs': 'how long a group of failures is kept in which nobody is dead any more',
  'keep.slots.count': 'records of what became of its slots, of each schedule',
  'keep.samples.everyMs': 'how often the size of the store is noted, by which its growth is told',
  'keep.samples.ageMs': 'how long such notes are kept',
  payloadBytes: 'input of a job, as JSON',
  resultBytes: 'result of a job, as JSON',
  errorMessageBytes: 'message of a stored error; longer ones are cut',
  errorStackBytes: 'stack of a stored error with its causes; longer ones are cut',
  logBytesPerAttempt: 'log of one attempt; the oldest lines go first',
  logLineBytes: 'one line of a log; longer ones are cut',
  progressBytes: 'data of `progress()`, as JSON',
  checkpointBytes: 'a cursor, as JSON',
  keyBytes: 'an id of your own',
  uniqueKeyBytes: 'what makes a unique key, as JSON',
  nameChars: 'name of a task, queue or tag',
  tags: 'tags of one job',
  depth: 'nesting of a payload',
  enqueueMany: 'inputs of one `enqueueMany` call',
}

function valueOf(name, value) {
  if (value === null) return 'for ever'
  if (name.endsWith('Ms') || name.startsWith('retain.')) return showMs(value)
  if (!name.endsWith('Bytes') && !name.includes('BytesPer')) return String(value)
  return value % 1_048_576 === 0
    ? `${value / 1_048_576} MiB`
    : value % 1_024 === 0
      ? `${value / 1_024} KiB`
      : `${value} bytes`
}

function rowsOf(figures, prefix = '') {
  return Object.entries(figures).flatMap(([key, value]) => {
    const name = prefix + key
    if (typeof value === 'object' && value !== null) return rowsOf(value, `${name}.`)
    if (!Object.hasOwn(meanings, name)) throw new Error(`scripts/docs.mjs says nothing about ${name}`)
    return [[`\`${name}\``, valueOf(name, value), meanings[name]]]
  })
}

function defaultsPage() {
  const [all, bounds] = [rowsOf(defaults), rowsOf(limits)]
  if (all.length + bounds.length !== Object.keys(meanings).length)
    throw new Error('scripts/docs.mjs describes a figure that is not there')
  return `${note('src/job/defaults.ts')}

# Defaults and limits

\`legwork doctor --defaults\` prints the same figures, and \`import { defaults, limits } from 'legwork'\` gives them to
programs: times in milliseconds, sizes in bytes.

## Defaults

${table(['name', 'value', 'what it is'], all)}

## Limits

What is over a limit is refused with a code before anything is written, unless the line says that it is cut.

${table(['name', 'value', 'what it bounds'], bounds)}
`
}

const pages = { 'errors.md': errorsPage(), 'states.md': statesPage(), 'defaults.md': defaultsPage() }
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(pages)) {
  const path = new URL(name, folder)
  let before
  try {
    before = readFileSync(path, 'utf8')
  } catch {
    // Not written yet.
  }
  if (before === text) continue
  console.log(`${check ? 'stale' : 'written'}: docs/reference/${name}`)
  if (check) process.exitCode = 1
  else writeFileSync(path, text)
}
