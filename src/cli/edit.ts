import { shownText } from '../job/shown.ts'
import type { Wrapping } from '../job/wrapping.ts'
import { payloadRoom } from '../payload/room.ts'
import { environmentKeys, realClock } from '../world.ts'
import type { Command } from 'commander'
import { payloadsOf } from '../app.ts'
import { task } from '../define/task.ts'
import { InvalidOption, LegworkError } from '../job/errors.ts'
import { editJob } from '../operate/edit.ts'
import type { Store } from '../store/index.ts'
import { add, type Call, type Common, does } from './command.ts'
import { actor, withStore } from './connect.ts'
import { exits } from './exit.ts'
import { loadApp, taskOf as taskIn } from './load-app.ts'
import { parsePayload, readPayload } from './payload.ts'
import { safe, safeJson } from './safe.ts'
import type { Terminal } from './terminal.ts'
import { value } from './view.ts'

interface Options extends Common {
  readonly file?: string
  readonly set?: string[]
  readonly app?: string
  readonly reason?: string
  readonly dryRun?: boolean
}

/** `jobs edit` and `dead edit`: another input for a job that does not run. */
export function registerEdit(parent: Command, noun: 'jobs' | 'dead', terminal: Terminal): void {
  const edit = add(parent, 'edit <id> [json]', {
    summary: 'change the payload of a job that does not run; the one before is kept',
    examples: [
      `${noun} edit ID '{"to":"ada@example.com"}'`,
      `${noun} edit ID --set to=ada@example.com --set retry.count=3`,
      `${noun} edit ID -f payload.json --app jobs.ts`,
    ],
  })
  edit
    .option('-f, --file <path>', 'read the payload from a file; - for standard input')
    .option('--set <path=value>', 'change one field; may be repeated', (text, before: string[] = []) => [
      ...before,
      text,
    ])
    .option(
      '--app <file>',
      'the app that knows the task: its schema, keys and blobs are used; without it the payload goes unchecked, with the keys in LEGWORK_KEYS',
    )
    .option('--reason <text>', 'why, for the revision')
    .option('--dry-run', 'only show what the payload would be')
  does<Options>(edit, (call) => run(call, terminal))
}

async function run({ args: [id = '', json], options }: Call<Options>, terminal: Terminal): Promise<number> {
  const change = await changeOf(json, options)
  return withStore(options, async (store, _place, whole) => {
    const loaded = options.app === undefined ? undefined : await loadApp(options.app, options)
    const taskOf = loaded ? (name: string) => taskIn(loaded, name) : await anyTask(store, id)
    const said = loaded ? payloadsOf(loaded.app) : {}
    const { wrapping } = payloadRoom({ keys: environmentKeys(), ...said }, realClock)
    if (options.dryRun)
      return tell(await foreseen(whole, id, { change, wrapping }), { id, options }, terminal)
    const how = { by: actor(), ...(options.reason !== undefined && { reason: options.reason }) }
    const outcome = await editJob(whole, { id, edit: change, taskOf, options: how, wrapping })
    if (outcome !== 'done')
      throw new LegworkError(
        'LW2302',
        `job ${id} was not edited: it ${outcome === 'gone' ? 'is gone' : 'has begun to run, or is edited by somebody else'}.`,
        { id },
      )
    return tell(value(await payloadOf(store, id)), { id, options }, terminal)
  })
}

function tell(
  payload: unknown,
  { id, options: { json, dryRun } }: { readonly id: string; readonly options: Options },
  terminal: Terminal,
): number {
  if (json) terminal.json({ id, payload, ...(dryRun && { dryRun: true }) })
  else {
    terminal.out(safeJson(payload, terminal.isTty ? 2 : undefined))
    terminal.err(
      dryRun
        ? `${safe(id)} would have this payload`
        : `${safe(id)} has this payload now. If it is dead: legwork dead retry ${safe(id)}`,
    )
  }
  return exits.ok
}

/** What people would see of the payload that the change makes. */
async function foreseen(
  store: Store,
  id: string,
  { change, wrapping }: { readonly change: Change; readonly wrapping: Wrapping },
): Promise<unknown> {
  const [job] = await store.get([id])
  if (!job) throw new LegworkError('LW2301', `job ${id} is not in the store.`, { id })
  const made = JSON.stringify(change(value(await wrapping.payloadOf(job))) ?? null)
  return value(shownText(await wrapping.rewrite(job, made, undefined)))
}

async function payloadOf(store: Store, id: string): Promise<string> {
  const [job] = await store.get([id])
  if (!job) throw new LegworkError('LW2301', `job ${id} is not in the store.`, { id })
  return job.payload
}

/** Without an app, a task that takes anything, of the job's own version. */
async function anyTask(store: Store, id: string) {
  const [job] = await store.get([id])
  return (name: string) => task(name, { version: job?.version ?? 1 })
}

type Change = (input: unknown) => unknown

async function changeOf(json: string | undefined, { file, set }: Options): Promise<Change> {
  if ([json, file, set].filter((given) => given !== undefined).length !== 1)
    throw new InvalidOption(
      'payload',
      undefined,
      'one of: JSON on the command line, -f FILE, or --set PATH=VALUE',
    )
  if (set === undefined) {
    const payload = await readPayload(json, file)
    return () => payload
  }
  const fields = set.map(fieldOf)
  return (input) => fields.reduce(withField, structuredClone(input))
}

interface Field {
  readonly path: readonly string[]
  readonly value: unknown
}

/** `retry.count=3`: a value that is no JSON is a text. */
function fieldOf(text: string): Field {
  const at = text.indexOf('=')
  if (at < 1)
    throw new InvalidOption('--set', text, 'PATH=VALUE, such as to=ada@example.com or retry.count=3')
  const source = text.slice(at + 1)
  try {
    return { path: text.slice(0, at).split('.'), value: parsePayload(source, '--set') }
  } catch {
    return { path: text.slice(0, at).split('.'), value: source }
  }
}

function withField(input: unknown, { path, value: to }: Field): unknown {
  const [name = '', ...rest] = path
  if (typeof input !== 'object' || input === null || name === '__proto__')
    throw new InvalidOption(
      '--set',
      path.join('.'),
      'a path into the payload, whose steps are objects or arrays',
    )
  const fields = input as Record<string, unknown>
  fields[name] = rest.length === 0 ? to : withField(fields[name] ?? {}, { path: rest, value: to })
  return input
}
