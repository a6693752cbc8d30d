import type { Enqueued, NewJob, OnCrash } from '../../job/job.ts'
import type { State } from '../../job/state.ts'
import { type Bound, type Sheaf, unbind } from './crossing/jobs.ts'
import type { EnqueueHow } from '../../store/contract.ts'
import type { Value } from './driver.ts'
import { type Engine, forgetNames, newTally, readJson } from './engine.ts'
import { enqueueAlike } from './enqueue-alike.ts'
import { type Gatekeeper, gatekeeper } from './intake.ts'
import { placeOf } from './place.ts'
import { codeOf, stateOf } from './row.ts'
import { setOnCrash } from './suspects.ts'
import { newKeys } from './unique.ts'

/** Adds each job unless its id is known, or its twin stands for it, or it is refused. The caller holds the transaction. */
export function enqueue(e: Engine, sheaf: Sheaf, { allOrNone = false }: EnqueueHow = {}): Bound {
  const gate = gatekeeper(e)
  const isGated = 'kinds' in sheaf && sheaf.kinds.some(({ like }) => gate?.watches(like.queue))
  const created = 'kinds' in sheaf && !isGated ? enqueueAlike(e, sheaf.kinds) : undefined
  if (created) return { created }
  const jobs = unbind(sheaf)
  const mayRefuse = gate !== undefined || jobs.some((job) => job.unique?.onConflict === 'throw')
  return { each: allOrNone && mayRefuse ? together(e, jobs, gate) : enqueueEach(e, jobs, gate) }
}

function enqueueEach(e: Engine, jobs: readonly NewJob[], gate: Gatekeeper | undefined): Enqueued[] {
  const known = knownOf(e, jobs)
  const batch = newBatch(e)
  const keys = jobs.some((job) => job.unique) ? newKeys(e, jobs, batch) : undefined
  const answers = jobs.map((job): Enqueued => {
    const before = known.get(job.id)
    if (before) return { id: job.id, outcome: 'duplicate', state: before.state, task: before.task }
    const met = keys?.meet(job)
    if (met?.outcome === 'replaced') known.set(met.id, met)
    if (met) return met
    const refusal = gate?.turnAway(job)
    if (refusal) return { id: job.id, outcome: 'refused', refusal }
    const added = { state: batch.add(job), task: job.task }
    known.set(job.id, added)
    keys?.take(job, added.state)
    return { id: job.id, outcome: 'created', ...added }
  })
  batch.write()
  keys?.write()
  gate?.write()
  return answers
}

/** All of them, or none when one is refused. */
function together(e: Engine, jobs: readonly NewJob[], gate: Gatekeeper | undefined): Enqueued[] {
  e.statement('savepoint').run()
  const answers = enqueueEach(e, jobs, gate)
  const isRefused = answers.some(({ outcome }) => outcome === 'refused')
  if (isRefused) {
    e.statement('savepointRollback').run()
    forgetNames(e)
  }
  e.statement('savepointRelease').run()
  if (!isRefused) return answers
  return jobs.map(({ id }, i) => {
    const own = answers[i]
    return own?.outcome === 'refused' ? own : { id, outcome: 'refused', refusal: { because: 'batch' } }
  })
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

export type Batch = ReturnType<typeof newBatch>

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
    now,
    tally,
    /** The newest job's. */
    seq: () => seq,
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
      e.insert('enqueueBody', bodies.splice(0))
      e.insert('enqueueTicket', tickets.splice(0))
      e.insert('enqueueTag', tags.splice(0))
      for (const [seq, onCrash] of unusual.splice(0)) setOnCrash(e, seq, onCrash)
      tally.write()
    },
  }
}
