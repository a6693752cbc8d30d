import type { Enqueued, NewJob } from '../../job/job.ts'
import type { State } from '../../job/state.ts'
import type { EnqueueHow } from '../../store/contract.ts'
import { saysSame } from '../server/alike.ts'
import { isMinted, mintedKey } from './minted.ts'
import { rowsOf, textOf } from './row.ts'
import type { Run } from './script.ts'

/** Jobs of one script: so many take a few milliseconds, during which the server does nothing else. */
const chunk = 1_000

/** The letter of each state in a job's unique states: see keys.lua. */
const letters: Readonly<Record<State, string>> = {
  blocked: 'b',
  scheduled: 's',
  parked: 'p',
  ready: 'r',
  dispatched: 't',
  running: 'x',
  suspended: 'u',
  completed: 'c',
  dead: 'd',
  cancelled: 'k',
}

/** What jobs of one task share. JSON leaves out what is undefined. */
export const shapeOf = ({ unique, retain, tags, ...job }: NewJob) => ({
  queue: job.queue,
  task: job.task,
  version: job.version,
  priority: job.priority,
  maxAttempts: job.maxAttempts,
  rc: retain.completed ?? undefined,
  rx: retain.cancelled ?? undefined,
  rd: retain.dead ?? undefined,
  ttlMs: job.ttlMs,
  deadlineMs: job.deadlineMs,
  onCrash: job.onCrash,
  tags: tags.length > 0 ? JSON.stringify(tags) : undefined,
  states: unique?.states.map((state) => letters[state]).join(''),
  forMs: unique?.forMs,
  onConflict: unique?.onConflict,
  maxWaitMs: unique?.maxWaitMs,
})

/** When it may first run: '' at once, `d` and a delay, `r` and an instant. */
export function waitOf({ runAt, delayMs }: NewJob): string {
  if (runAt !== undefined) return `r${runAt}`
  return delayMs === undefined || delayMs === 0 ? '' : `d${delayMs}`
}

export async function enqueue(
  run: Run,
  jobs: readonly NewJob[],
  { allOrNone = false }: EnqueueHow,
): Promise<readonly Enqueued[]> {
  if (allOrNone || jobs.length <= chunk) return send(run, jobs, allOrNone)
  const answers: Enqueued[] = []
  for (let from = 0; from < jobs.length; from += chunk)
    answers.push(...(await send(run, jobs.slice(from, from + chunk), false)))
  return answers
}

async function send(run: Run, jobs: readonly NewJob[], allOrNone: boolean): Promise<readonly Enqueued[]> {
  if (jobs.length === 0) return []
  const { order, runs, texts } = orderOf(jobs)
  const reply = await run('enqueue', allOrNone ? '1' : '0', order, ...texts)
  if (typeof reply !== 'string')
    return rowsOf(reply).map((answer, i) => toAnswer(textOf(answer), jobs[i] as NewJob))
  // All are new: the states of the runs.
  const answers: Enqueued[] = []
  for (const [r, state] of reply.split(' ').entries())
    for (let i = 0; i < (runs[r]?.many ?? 0); i++)
      answers.push(created(jobs[answers.length] as NewJob, state as State))
  return answers
}

/** Neighbours that share a shape and a wait: `many` of them. */
interface Alike {
  readonly shape: number
  readonly wait: string
  many: number
}

/** The texts of each job, and how many: see enqueue.lua. */
function textsOf(jobs: readonly NewJob[]) {
  if (jobs.some((job) => job.unique !== undefined))
    return { width: 3, texts: jobs.flatMap((job) => [job.id, job.payload, job.unique?.key ?? '']) }
  if (jobs.every(({ id }) => isMinted(id)))
    return { width: 1, texts: jobs.map(({ id, payload }) => id + payload) }
  return { width: 2, texts: jobs.flatMap(({ id, payload }) => [id, payload]) }
}

/** Whether what ids.lua takes of each minted id is more than of the one before. */
function doRise(jobs: readonly NewJob[]): boolean {
  let last = ''
  for (const { id } of jobs) {
    const key = mintedKey(id)
    if (key <= last) return false
    last = key
  }
  return true
}

/** The jobs as arguments: see enqueue.lua. */
function orderOf(jobs: readonly NewJob[]) {
  const shapes = new Map<string, number>()
  const runs: Alike[] = []
  let last: NewJob | undefined
  for (const job of jobs) {
    const run = runs.at(-1)
    if (run && last && areAlike(job, last)) run.many += 1
    else {
      const text = JSON.stringify(shapeOf(job))
      const shape = shapes.get(text) ?? shapes.size + 1
      shapes.set(text, shape)
      runs.push({ shape, wait: waitOf(job), many: 1 })
    }
    last = job
  }
  const { width, texts } = textsOf(jobs)
  const told = JSON.stringify(runs.flatMap(({ shape, many, wait }) => [shape, many, wait]))
  const rises = width === 1 && doRise(jobs)
  const order = `{"shapes":[${[...shapes.keys()].join(',')}],"runs":${told},"width":${width},"rises":${rises}}`
  return { order, runs, texts }
}

/** True only where it is plain that both have the same shape and wait. */
const areAlike = (a: NewJob, b: NewJob): boolean =>
  saysSame(a, b) &&
  a.runAt === b.runAt &&
  a.tags.length + b.tags.length === 0 &&
  a.unique === undefined &&
  b.unique === undefined

/** A new job is told by its state alone. */
function toAnswer(text: string, job: NewJob): Enqueued {
  return text.startsWith('{') ? (JSON.parse(text) as Enqueued) : created(job, text as State)
}

const created = ({ id, task }: NewJob, state: State): Enqueued => ({ id, outcome: 'created', state, task })
