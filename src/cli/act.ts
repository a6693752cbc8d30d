import type { Job } from '../job/job.ts'
import { isFinal } from '../job/state.ts'
import type { Acted, Order, Store } from '../store/index.ts'
import { actor } from './connect.ts'
import { exits } from './exit.ts'
import { safe } from './safe.ts'
import { plural } from './table.ts'
import type { Terminal } from './terminal.ts'

export type Verb = Order['verb']

/** What became of each job, in the order of the ids. */
export type Answer = { readonly id: string } & Acted

/** A store takes this many ids in one call. */
const batch = 500

/** Does one thing to many jobs. */
export async function act(store: Store, order: Omit<Order, 'by'>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < order.ids.length; i += batch) {
    const ids = order.ids.slice(i, i + batch)
    const acted = await store.act({ ...order, ids, by: actor() })
    answers.push(...ids.map((id, k) => ({ id, ...(acted[k] ?? { outcome: 'gone' as const }) })))
  }
  return answers
}

/** What `act` would answer now, without doing it. */
export async function foresee(store: Store, { verb, ids }: Pick<Order, 'verb' | 'ids'>): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < ids.length; i += batch) {
    const part = ids.slice(i, i + batch)
    const jobs = await store.get(part, { attempts: true })
    answers.push(...part.map((id, k) => ({ id, ...forecast(verb, jobs[k]) })))
  }
  return answers
}

function forecast(verb: Verb, job: Job | undefined): Acted {
  if (!job) return { outcome: 'gone' }
  return { outcome: forecasts[verb](job), state: job.state }
}

const forecasts: Readonly<Record<Verb, (job: Job) => Acted['outcome']>> = {
  cancel: ({ state }) => (isFinal(state) ? 'refused' : state === 'running' ? 'asked' : 'done'),
  retry: ({ state, attempts }) =>
    isFinal(state) || (state === 'scheduled' && attempts?.at(-1)?.outcome === 'retry') ? 'done' : 'refused',
  promote: ({ state }) => (state === 'scheduled' ? 'done' : 'refused'),
  remove: ({ state }) => (state === 'running' ? 'refused' : 'done'),
}

export interface Tell {
  readonly verb: Verb
  readonly json?: boolean | undefined
  readonly isForecast?: boolean | undefined
  /** Why one was refused, where there is more to say than its state. */
  readonly refusal?: (answer: Answer) => string
}

/** Prints a line for each job, or `{ items }`; the exit code tells whether all went well. */
export function tell(answers: readonly Answer[], how: Tell, terminal: Terminal): number {
  const { verb, json, isForecast } = how
  if (json) terminal.json({ items: answers, ...(isForecast && { dryRun: true }) })
  else {
    for (const one of answers.slice(0, shown)) terminal.out(line(one, how, terminal))
    if (answers.length > shown)
      terminal.out(`… and ${plural(answers.length - shown, 'more job', 'more jobs')}`)
    if (answers.length > 1) terminal.err(summary(answers, verb, isForecast))
  }
  if (answers.some(({ outcome }) => outcome === 'refused')) return exits.refused
  return answers.some(({ outcome }) => outcome === 'gone') ? exits.notFound : exits.ok
}

const shown = 50

function line(answer: Answer, { verb, isForecast, refusal }: Tell, terminal: Terminal): string {
  const { id, outcome, state } = answer
  const name = safe(id)
  if (outcome === 'gone') return `${name}  ${terminal.paint('red', 'not found')}`
  if (answer.twin !== undefined)
    return `${name}  ${terminal.paint('red', 'refused')}: job ${safe(answer.twin)} holds its unique key`
  if (outcome === 'refused')
    return `${name}  ${terminal.paint('red', 'refused')}: ${refusal?.(answer) ?? `a ${state} job cannot be ${pasts[verb]}`}`
  if (outcome === 'asked') return `${name}  ${isForecast ? 'would be asked' : 'asked'} to stop; it is running`
  if (isForecast) return `${name}  would be ${pasts[verb]} (now ${state})`
  const now = verb === 'retry' || verb === 'promote' ? `, now ${state}` : ''
  return `${name}  ${terminal.paint('green', pasts[verb])}${now}`
}

const pasts: Readonly<Record<Verb, string>> = {
  cancel: 'cancelled',
  retry: 'retried',
  promote: 'promoted',
  remove: 'removed',
}

function summary(answers: readonly Answer[], verb: Verb, isForecast = false): string {
  const n = (wanted: Acted['outcome']) => answers.filter(({ outcome }) => outcome === wanted).length
  const parts = [
    `${n('done')} ${isForecast ? 'would be ' : ''}${pasts[verb]}`,
    n('asked') && `${n('asked')} asked to stop`,
    n('refused') && `${n('refused')} refused`,
    n('gone') && `${n('gone')} not found`,
  ]
  return parts.filter(Boolean).join(', ')
}
