import type { Enqueued, NewJob, OnCrash } from '../../job/job.ts'
import type { State } from '../../job/state.ts'
import { type Bound, type Sheaf, unbind } from './crossing/jobs.ts'
import type { Value } from './driver.ts'
import { type Engine, newTally, readJson } from './engine.ts'
import { enqueueAlike } from './enqueue-alike.ts'
import { placeOf } from './place.ts'
import { codeOf, stateOf } from './row.ts'
import { setOnCrash } from './suspects.ts'

/** Adds each job unless its id is known. The caller holds the transaction. */
export function enqueue(e: Engine, sheaf: Sheaf): Bound {
  const created = 'kinds' in sheaf ? enqueueAlike(e, sheaf.kinds) : undefined
  return created ? { created } : { each: enqueueEach(e, unbind(sheaf)) }
}

function enqueueEach(e: Engine, jobs: readonly NewJob[]): Enqueued[] {
  const known = knownOf(e, jobs)
  const batch = newBatch(e)
  const answers = jobs.map((job): Enqueued => {
    const twin = known.get(job.id)
    if (twin) return { id: job.id, outcome: 'duplicate', ...twin }
    const added = { state: batch.add(job), task: job.task }
    known.set(job.id, added)
    return { id: job.id, outcome: 'created', ...added }
  })
  batch.write()
  return answers
}

interface Known {
  readonly state: State
  readonly task: string
}

/** The jobs that hold one of these ids already. */
function knownOf(e: Engine, jobs: readonly NewJob[]): Map<string, Known> {
  // The columns of enqueue-known.sql.
  const rows = readJson(e, 'enqueueKnown', JSON.stringify(jobs.map((job) => job.id))) as [
    string,
    number,
    string,
  ][]
  return new Map(rows.map(([id, state, task]) => [id, { state: stateOf(state), task }]))
}

/** Rows of one enqueue, gathered to be written together. */
function newBatch(e: Engine) {
  const now = e.time.now()
  const tally = newTally(e)
  const bodies: Value[][] = []
  const tickets: Value[][] = []
  const tags: Value[][] = []
  const unusual: [seq: number, onCrash: OnCrash][] = []
  let { seq } = e.statement('enqueueLast').get() as { seq: number }
  return {
    add(job: NewJob): State {
      seq += 1
      const { state, queue, body, ticket } = placeOf(e, job, now)
      const names = job.tags.length > 0 ? JSON.stringify(job.tags) : null
      bodies.push([seq, job.id, ...body, names, job.payload])
      tickets.push([seq, ...ticket])
      for (const tag of job.tags) tags.push([tag, seq])
      if (job.onCrash) unusual.push([seq, job.onCrash])
      tally.add(queue, codeOf[state], 1)
      return state
    },
    write(): void {
      e.insert('enqueueBody', bodies)
      e.insert('enqueueTicket', tickets)
      e.insert('enqueueTag', tags)
      for (const [seq, onCrash] of unusual) setOnCrash(e, seq, onCrash)
      tally.write()
    },
  }
}
