// Posters of some photographs. Opening one of them takes the process down, as a broken file does in a native library:
// Legwork finds out which, and spares the others.
import { kill, pid } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { type Enqueuer, handler } from 'legwork'
import type { Job, Store } from 'legwork/store'
import { allJobs } from './glance.ts'
import { poster } from './tasks.ts'
import type { Check } from './verify.ts'

const photos = ['A001', 'A002', 'A003', 'A004', 'A005', 'A006', 'A007'].map((name) => `${name}.jpeg`)
const broken = 'A003.jpeg'
export const posterCount = photos.length
/** From then on a crash is no accident: the third one is the last. */
const crashesMax = 3

export const makePoster = () =>
  handler(poster, async ({ input: { photo }, signal }) => {
    if (photo === broken) kill(pid, 'SIGKILL')
    await pause(300, undefined, { signal })
    return { photo }
  })

/** Hands the posters in, and waits until all are done but the one that cannot be. */
export async function makePosters(
  app: Enqueuer,
  until: (text: string, look: () => Promise<boolean>) => Promise<unknown>,
): Promise<void> {
  const jobs = await app.enqueueMany(
    poster,
    photos.map((photo) => ({ photo })),
  )
  await until('the posters', async () => {
    const states = await Promise.all(jobs.map(async (job) => (await job.status()).state))
    return states.every((state) => state === 'completed' || state === 'dead')
  })
}

export const isPoster = ({ task }: Job): boolean => task === poster.name
export const isPoison = (job: Job): boolean => isPoster(job) && job.reason === 'poison'

/** How often the broken one took a worker down. */
export async function crashesOf(store: Store): Promise<number> {
  return (await allJobs(store)).find(isPoison)?.losses ?? 0
}

export const checkPoison: Check = async ({ store }) => {
  const posters = (await allJobs(store)).filter(isPoster)
  const culprits = posters.filter(({ state }) => state !== 'completed')
  const [culprit] = culprits
  const isFound = culprits.length === 1 && culprit?.payload.includes(broken) && culprit.reason === 'poison'
  const crashes = culprit?.losses ?? 0
  return {
    proves:
      `the photograph that kills its worker is dead (poison) after ${crashes} crashes, the last one alone; ` +
      `the ${posters.length - 1} others are done`,
    problems: [
      ...(posters.length === posterCount ? [] : [`${posters.length} posters instead of ${posterCount}`]),
      ...(isFound
        ? []
        : culprits.map(({ id, state, reason }) => `${id} is ${state} (${reason ?? 'no reason'})`)),
      ...(culprit ? [] : ['nobody was found out']),
      ...(crashes <= crashesMax ? [] : [`it took ${crashes} crashes`]),
    ],
  }
}
