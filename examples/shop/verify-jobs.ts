// The jobs themselves: how they got to their end, and whether the books are right.
import type { Attempt, Job, Store } from 'legwork/store'
import { allJobs } from './glance.ts'
import { customers, fullMailbox, welcomeId } from './people.ts'
import { isPoison, isPoster, posterCount } from './poster.ts'
import { photoCount } from './supplies.ts'
import { welcome } from './tasks.ts'
import type { Check } from './verify.ts'

const isFailure = ({ outcome }: Attempt): boolean => outcome === 'retry' || outcome === 'bury'

export const checkDeadLetter: Check = async ({ store, notes }) => {
  const id = welcomeId(fullMailbox)
  const { attempts } = welcome.policy.retry
  const [job] = await store.get([id], { attempts: true })
  const still = await store.find({ states: ['dead'] }, { limit: 10 })
  const course = (job?.attempts ?? []).filter(({ outcome }) => outcome !== 'lapse')
  const failures = course.slice(0, attempts)
  const wasDead = notes.deadLetters.length === 1 && notes.deadLetters[0] === id
  const gaveUp =
    failures.length === attempts && failures.every(isFailure) && failures.at(-1)?.outcome === 'bury'
  const delivered = course.length === attempts + 1 && course.at(-1)?.outcome === 'complete'
  return {
    proves: `${fullMailbox} failed ${attempts} times, was a dead letter, got its mail when retried`,
    problems: [
      ...(wasDead ? [] : [`dead letters before the retry: ${notes.deadLetters.join(', ') || 'none'}`]),
      ...(gaveUp ? [] : [`its attempts did not end in the dead letters: ${outcomes(course)}`]),
      ...(failures.every(({ error }) => error?.message.includes('550'))
        ? []
        : ['it failed for another reason than 550']),
      ...(delivered && job?.state === 'completed'
        ? []
        : [`it was not delivered after the retry: ${job?.state ?? 'gone'}`]),
      ...still.jobs.filter((dead) => !isPoison(dead)).map((dead) => `still in the dead letters: ${dead.id}`),
    ],
  }
}

const outcomes = (attempts: readonly Attempt[]): string =>
  attempts.map(({ outcome }) => outcome).join(', ') || 'none'

export const checkLosses: Check = async ({ store, notes: { killed } }) => {
  const jobs = await store.get(killed.jobs, { attempts: true })
  const others = await lostElsewhere(store, new Set(killed.jobs))
  return {
    proves:
      `${jobs.length} jobs of the killed worker ran again within ${(killed.againMs / 1000).toFixed(2)} s: ` +
      'one loss each in their history, no failure charged',
    problems: [
      ...(jobs.length > 0 ? [] : ['no job was running when the worker was killed']),
      ...jobs.flatMap((job, i) => (job ? faultsOfLoss(job, killed.worker) : [`${killed.jobs[i]} is gone`])),
      ...others.map(({ id }) => `${id} was lost, though the killed worker did not run it`),
    ],
  }
}

async function lostElsewhere(store: Store, known: ReadonlySet<string>): Promise<readonly Job[]> {
  return (await allJobs(store)).filter((job) => job.losses > 0 && !known.has(job.id) && !isPoster(job))
}

function faultsOfLoss(job: Job, worker: string): readonly string[] {
  const attempts = job.attempts ?? []
  const lapses = attempts.filter(({ outcome }) => outcome === 'lapse')
  const wasRetried = job.id === welcomeId(fullMailbox)
  // A person's retry starts the counts of failures and losses again.
  const charged = wasRetried ? 0 : attempts.filter(isFailure).length
  return [
    ...(lapses.length === 1 && lapses[0]?.worker === worker
      ? []
      : [`${job.id} has no loss of worker ${worker}: ${outcomes(attempts)}`]),
    ...(job.losses === (wasRetried ? 0 : 1) ? [] : [`${job.id} counts ${job.losses} losses`]),
    ...(job.failures === charged ? [] : [`${job.id} counts ${job.failures} failures after ${charged}`]),
  ]
}

export const checkCounters: Check = async ({ store }) => {
  const jobs = await allJobs(store)
  // The CSV file, and the nightly report.
  const expected = customers.length + photoCount + posterCount + 2
  const recount = tally(jobs.map(({ queue, state }) => [`${queue} ${state}`, 1]))
  const counted = tally(
    (await store.counts()).flatMap(({ queue, states }) =>
      Object.entries(states).map(([state, n]) => [`${queue} ${state}`, n]),
    ),
  )
  const wrong = [...new Set([...recount.keys(), ...counted.keys()])].filter(
    (key) => recount.get(key) !== counted.get(key),
  )
  const unfinished = jobs.filter((job) => job.state !== 'completed' && !isPoison(job))
  return {
    proves: `${jobs.length} jobs, all completed but the poison; the store's counters equal a recount`,
    problems: [
      ...(jobs.length === expected ? [] : [`${jobs.length} jobs instead of ${expected}`]),
      ...unfinished.map(({ id, state }) => `${id} is ${state}`),
      ...wrong.map((key) => `${key}: counted ${counted.get(key) ?? 0}, there are ${recount.get(key) ?? 0}`),
    ],
  }
}

/** Sums by key, without the zeros. */
function tally(entries: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [key, n] of entries) if (n !== 0) sums.set(key, (sums.get(key) ?? 0) + n)
  return sums
}
