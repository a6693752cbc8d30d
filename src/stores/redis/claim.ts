import type { ClaimedJob } from '../../job/job.ts'
import type { CancelRequest, Claimed } from '../../store/contract.ts'
import type { Numbers } from './numbers.ts'
import type { Reply } from './port.ts'
import {
  type Facts,
  given,
  type Lane,
  listed,
  moreOf,
  parsed,
  rowsOf,
  textOf,
  toFacts,
  toLane,
} from './row.ts'

interface Head {
  readonly lease: 'held' | 'lost'
  readonly now: number
  readonly nextDueAt?: number
  readonly lanes?: Readonly<Record<string, string>>
  readonly cancels?: readonly CancelRequest[] | object
  readonly suspects?: true
}

/** Values of each job: its number, the place of its facts, its id, its payload. */
const width = 4

/** The answer of a claim: a head as JSON, what jobs have in common, the jobs, and what few of them have: see handing.lua. */
export function claimedOf(reply: Reply, numbers: Numbers): Claimed {
  const [head, common, rows, mores] = rowsOf(reply)
  const { lease, now, nextDueAt, lanes = {}, cancels, suspects } = parsed<Head>(head)
  const known = new Map<number, Lane>()
  const laneAt = (n: number): Lane => {
    const lane = known.get(n) ?? toLane(lanes[n])
    known.set(n, lane)
    return lane
  }
  const facts = rowsOf(common).map((text) => toFacts(textOf(text), laneAt))
  const jobs = jobsOf(rowsOf(rows), facts, numbers)
  const rare = rowsOf(mores)
  for (let i = 0; i < rare.length; i += 2) {
    const at = Number(rare[i]) / width
    const job = jobs[at] as ClaimedJob
    jobs[at] = { ...job, ...moreOf(job.id, rare[i + 1]) }
  }
  return {
    lease,
    jobs,
    cancels: listed<CancelRequest>(cancels),
    now,
    ...given('nextDueAt', nextDueAt),
    ...(suspects && { suspects }),
  }
}

function jobsOf(rows: readonly Reply[], facts: readonly Facts[], numbers: Numbers): ClaimedJob[] {
  const jobs: ClaimedJob[] = []
  for (let at = 0; at < rows.length; at += width) {
    const fact = facts[rows[at + 1] as number] as Facts
    // One literal: what is spread together costs as much as all the rest.
    const job = {
      id: textOf(rows[at + 2]),
      task: fact.task,
      queue: fact.queue,
      payload: textOf(rows[at + 3]),
      version: fact.version,
      fence: fact.fence,
      attempt: fact.attempt,
      failures: fact.failures,
      losses: fact.losses,
      maxAttempts: fact.maxAttempts,
      createdAt: fact.createdAt,
      startedAt: fact.startedAt,
    }
    numbers.put(job.id, rows[at] as number)
    jobs.push(fact.deadlineAt === -1 ? job : { ...job, deadlineAt: fact.deadlineAt })
  }
  return jobs
}
