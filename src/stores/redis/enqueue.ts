import type { Enqueued, NewJob } from '../../job/job.ts'
import type { State } from '../../job/state.ts'
import type { EnqueueHow } from '../../store/contract.ts'
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
  const shapes = new Map<string, number>()
  const args: (string | number)[] = []
  for (const job of jobs) {
    const text = JSON.stringify(shapeOf(job))
    const shape = shapes.get(text) ?? shapes.size + 1
    shapes.set(text, shape)
    args.push(job.id, shape, waitOf(job), job.unique?.key ?? '', job.payload)
  }
  const answers = await run('enqueue', allOrNone ? '1' : '0', `[${[...shapes.keys()].join(',')}]`, ...args)
  return rowsOf(answers).map((answer, i) => toAnswer(textOf(answer), jobs[i] as NewJob))
}

/** A new job is told by its state alone. */
function toAnswer(text: string, { id, task }: NewJob): Enqueued {
  if (text.startsWith('{')) return JSON.parse(text) as Enqueued
  return { id, outcome: 'created', state: text as State, task }
}
