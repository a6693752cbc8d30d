import type { ClaimedJob } from '../../job/job.ts'
import { utf8Bytes } from '../../job/text.ts'
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

/** The answer of a claim: a head as JSON, what jobs have in common, which jobs, each of them, and what few of them have: see handing.lua. */
export function claimedOf(reply: Reply, numbers: Numbers): Claimed {
  const [head, common, runs, rows, mores] = rowsOf(reply)
  const { lease, now, nextDueAt, lanes = {}, cancels, suspects } = parsed<Head>(head)
  const known = new Map<number, Lane>()
  const laneAt = (n: number): Lane => {
    const lane = known.get(n) ?? toLane(lanes[n])
    known.set(n, lane)
    return lane
  }
  const facts = rowsOf(common).map((text) => toFacts(textOf(text), laneAt))
  const jobs = jobsOf({ facts, runs: rowsOf(runs), rows: rowsOf(rows) })
  const rare = rowsOf(mores)
  for (let i = 0; i < rare.length; i += 2) {
    const at = Number(rare[i])
    const job = jobs[at] as ClaimedJob
    jobs[at] = { ...job, ...moreOf(job.id, rare[i + 1]) }
  }
  putAll(jobs, rowsOf(runs), numbers)
  return {
    lease,
    jobs,
    cancels: listed<CancelRequest>(cancels),
    now,
    ...given('nextDueAt', nextDueAt),
    ...(suspects && { suspects }),
  }
}

interface Handed {
  readonly facts: readonly Facts[]
  /** Of jobs that follow one another: the place of their facts, the first number, how many they are. */
  readonly runs: readonly Reply[]
  readonly rows: readonly Reply[]
}

function jobsOf({ facts, runs, rows }: Handed): ClaimedJob[] {
  const jobs: ClaimedJob[] = []
  for (let run = 0; run < runs.length; run += 3) {
    const fact = facts[runs[run] as number] as Facts
    const past = jobs.length + (runs[run + 2] as number)
    for (let at = jobs.length; at < past; at++) {
      const text = textOf(rows[at])
      const idEnd = endOfId(text)
      // One literal: what is spread together costs as much as all the rest.
      const job = {
        id: text.slice(2, idEnd),
        task: fact.task,
        queue: fact.queue,
        payload: text.slice(idEnd),
        version: fact.version,
        fence: fact.fence,
        attempt: fact.attempt,
        failures: fact.failures,
        losses: fact.losses,
        maxAttempts: fact.maxAttempts,
        createdAt: fact.createdAt,
        startedAt: fact.startedAt,
      }
      jobs.push(fact.deadlineAt === -1 ? job : { ...job, deadlineAt: fact.deadlineAt })
    }
  }
  return jobs
}

/** Where the id ends that stands behind two bytes for its length; these count bytes, of which a character may have several. */
function endOfId(text: string): number {
  const bytes = text.charCodeAt(1)
  let end = 2 + bytes
  while (utf8Bytes(text.slice(2, end)) > bytes) end -= 1
  return end
}

function putAll(jobs: readonly ClaimedJob[], runs: readonly Reply[], numbers: Numbers): void {
  let at = 0
  for (let run = 0; run < runs.length; run += 3)
    for (let i = 0; i < (runs[run + 2] as number); i++, at++)
      numbers.put((jobs[at] as ClaimedJob).id, (runs[run + 1] as number) + i)
}
