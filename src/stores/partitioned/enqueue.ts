import { LegworkError } from '../../job/errors.ts'
import { idTime } from '../../job/id.ts'
import type { Declined, Enqueued, Job, NewJob } from '../../job/job.ts'
import type { EnqueueHow } from '../../store/index.ts'
import { across, groups, type Kit, partAt } from './kit.ts'
import { failureOf, patienceMs } from './part.ts'
import { asError, reserve, tooLate } from './reserve.ts'

export const nameOfJob = (id: string): string => `job ${id}`

/** Writes each job where it belongs. One call to a partition is as atomic as ever; several are independent. */
export async function enqueue(
  kit: Kit,
  jobs: readonly NewJob[],
  { allOrNone = false }: EnqueueHow,
): Promise<readonly Enqueued[]> {
  const places = placesFor(kit, jobs, allOrNone)
  // Nothing is waited for where nothing is in doubt: calls are written in the order in which they are made.
  const { answers, mayWrite } = jobs.some(needsName)
    ? await claimIds(kit, jobs, places)
    : { answers: jobs.map((): Enqueued | undefined => undefined), mayWrite: () => true }
  if (allOrNone && answers.some((one) => one?.outcome === 'refused'))
    return answers.map((one, i) => one ?? declined(jobs[i] as NewJob, { because: 'batch' }))
  const todo = groups(places.map((place, i) => (answers[i] ? -1 : place)))
  const calls = [...todo].filter(([place]) => place >= 0)
  const ends = await Promise.allSettled(
    calls.map(async ([place, mine]) => {
      const batch = mine.map((i) => jobs[i] as NewJob)
      const late = batch.find(needsName)
      if (late && !mayWrite()) throw tooLate(nameOfJob(late.id))
      const patience = calls.length > 1 ? patienceMs : undefined
      return partAt(kit, place).call((store) => store.enqueue(batch, { allOrNone }), patience)
    }),
  )
  const nobody = answers.every((answer) => answer === undefined || answer.outcome === 'refused')
  if (calls.length > 0 && nobody && ends.every(({ status }) => status === 'rejected')) throw failureOf(ends)
  ends.forEach((end, n) => {
    const [place, mine] = calls[n] as (typeof calls)[number]
    mine.forEach((i, at) => {
      if (end.status === 'rejected') return void (answers[i] = awayAnswer(jobs[i] as NewJob, end.reason))
      const answer = end.value[at] as Enqueued
      if (answer.outcome !== 'refused') kit.ids.note(answer.id, place)
      answers[i] = answer
    })
  })
  return answers as readonly Enqueued[]
}

/** Where each job goes. A batch that is written as a whole goes to one partition, or is refused. @throws {StoreError} LW1031 */
function placesFor({ places }: Kit, jobs: readonly NewJob[], allOrNone: boolean): readonly number[] {
  const own = jobs.map((job) => places.of(job))
  if (!allOrNone || new Set(own).size < 2) return own
  // Nothing but the id says where these belong, and nobody else has it: they may as well lie together.
  const isFree = jobs.every((job) => places.isSpread(job.queue) && !job.unique && !needsName(job))
  if (isFree) return own.map(() => own[0] as number)
  const queues = [...new Set(jobs.map(({ queue }) => queue))]
  throw across(
    `all or none of ${jobs.length} jobs: they belong to ${new Set(own).size} partitions (queues ${queues.join(', ')}), and no write spans two. Nothing was written. Enqueue them one by one, or without keys of their own in one queue.`,
  )
}

/** Somebody else may come with this id, and for another partition. */
const needsName = ({ id, isOwnId }: NewJob): boolean => isOwnId === true || idTime(id) === undefined

/** Answers those jobs whose id is that of a job in another partition. */
async function claimIds(kit: Kit, jobs: readonly NewJob[], places: readonly number[]) {
  const answers: (Enqueued | undefined)[] = jobs.map(() => undefined)
  const own = jobs.flatMap((job, i) => (needsName(job) ? [i] : []))
  const elsewhere = new Map<string, Job>()
  const { reserved, mayWrite } = await reserve(
    kit,
    own.map((i) => {
      const { id } = jobs[i] as NewJob
      const isThere = async (part: number) => {
        const [job] = await partAt(kit, part).call((store) => store.get([id]))
        if (job) elsewhere.set(id, job)
        return job !== undefined
      }
      return { name: nameOfJob(id), part: places[i] as number, isThere }
    }),
  )
  // An id that looks minted may be that of a job which was written without a name.
  const minted = own.map((i) => jobs[i] as NewJob).filter(({ id }) => idTime(id) !== undefined)
  const unknown = await mintedAlready(kit, minted, elsewhere).catch(asError)
  const failures = own.map((i, n) => {
    const found = reserved[n]
    if (found instanceof Error) return found
    return unknown && minted.includes(jobs[i] as NewJob) ? unknown : undefined
  })
  own.forEach((i, n) => {
    const { id } = jobs[i] as NewJob
    const job = elsewhere.get(id)
    if (job) answers[i] = { id, outcome: 'duplicate', state: job.state, task: job.task }
    else if (failures[n]) answers[i] = awayAnswer(jobs[i] as NewJob, failures[n])
  })
  const errors = failures.filter((one) => one !== undefined)
  if (errors.length === jobs.length) throw errors[0]
  return { answers, mayWrite }
}

async function mintedAlready(kit: Kit, jobs: readonly NewJob[], elsewhere: Map<string, Job>): Promise<void> {
  if (jobs.length === 0) return
  const ids = jobs.map(({ id }) => id)
  const found = await kit.ids.ask(ids, {
    idOf: (id) => id,
    ask: (store, some) => store.get(some),
    isMissing: (job) => job === undefined,
  })
  found.forEach((job) => job && elsewhere.set(job.id, job))
}

const declined = ({ id }: NewJob, refusal: Declined['refusal']): Enqueued => ({
  id,
  outcome: 'refused',
  refusal,
})

const awayAnswer = (job: NewJob, error: unknown): Enqueued =>
  declined(job, { because: 'away', message: error instanceof LegworkError ? error.message : String(error) })
