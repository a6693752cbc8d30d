// What happens in the demo, in order.
import { setTimeout as pause } from 'node:timers/promises'
import type { Enqueuer, ScheduleControl } from 'legwork'
import type { Store } from 'legwork/store'
import { type Crew, type Member, scriptPath } from './crew.ts'
import { allJobs, glance, type Window } from './glance.ts'
import type { Inbox } from './inbox.ts'
import { allRanAgain, killImporter } from './kill.ts'
import { reportName, reportsIn, tonight } from './nightly-report.ts'
import type { Killed, Notes } from './notes.ts'
import { changedTheirMind, customers, fullMailbox, people, welcomeId } from './people.ts'
import type { Screen } from './screen.ts'
import { crashesOf, makePosters, posterCount } from './poster.ts'
import { rowsImported } from './shop.ts'
import { photoCount } from './supplies.ts'
import { nightlyReport } from './tasks.ts'
import { type Until, untilWith } from './until.ts'

export interface Stage {
  readonly crew: Crew
  readonly inbox: Inbox
  readonly screen: Screen
  readonly window: Window
  readonly schedules: ScheduleControl
  readonly app: Enqueuer
  /** Fires on Ctrl-C, or when the demo takes too long. */
  readonly signal: AbortSignal
}

interface Scene extends Stage {
  readonly store: Store
  readonly url: string
  readonly until: Until
}

/** Plays the story to its end and gives what was seen. */
export async function tellStory(stage: Stage): Promise<Notes> {
  const scene: Scene = {
    ...stage,
    store: stage.window.store,
    url: stage.window.places.jobs,
    until: untilWith(stage.signal),
  }
  const over = new AbortController()
  const showing = keepShowing(stage, over.signal)
  // Should it fail, that is heard where it is awaited.
  showing.catch(() => {})
  try {
    return await play(scene)
  } finally {
    over.abort()
    await showing
    stage.screen.show(await glance(stage.window))
    stage.screen.close()
  }
}

async function play(scene: Scene): Promise<Notes> {
  const workers = startWorkers(scene)
  const workersEnd = endsWell('the supervisor', workers)
  await unlessFails(twoWorkers(scene, workers), workersEnd)
  const producerEnd = endsWell('the producer', startProducer(scene))
  const killed = await unlessFails(killOne(scene), workersEnd, producerEnd)
  await producerEnd
  const hasEnded = scene.until('every job has ended', () => allEnded(scene))
  await unlessFails(hasEnded, workersEnd)
  const deadLetters = await unlessFails(repairAndRetry(scene), workersEnd)
  await unlessFails(reportTonight(scene), workersEnd)
  await unlessFails(posters(scene), workersEnd)
  workers.process.kill('SIGTERM')
  await workersEnd
  return { killed, deadLetters }
}

async function keepShowing({ screen, window }: Stage, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    screen.show(await glance(window))
    await pause(200, undefined, { signal }).catch(() => {})
  }
}

function startWorkers({ crew, url }: Scene): Member {
  const slots = 'mails=4,photos=2,imports=1'
  return crew.start('workers', {
    legwork: ['worker', scriptPath('worker'), '--processes', '2', '--queues', slots, '--url', url],
  })
}

async function twoWorkers({ screen, store, until }: Scene, supervisor: Member): Promise<void> {
  const workers = await until('two workers are there', async () => {
    const present = await store.workers()
    return present.length === 2 && present
  })
  screen.tell(
    `two workers: processes ${workers.map(({ pid }) => pid).join(' and ')}, ` +
      `under the supervisor ${supervisor.process.pid}`,
  )
}

function startProducer({ crew, screen, window }: Scene): Member {
  const producer = crew.start('producer', { script: 'producer', args: [window.places.folder] })
  screen.tell(
    `a producer, process ${producer.process.pid}: ${people.length} sign-ups, ` +
      `${changedTheirMind.length} of them rolled back; ` +
      `${photoCount} photographs; a CSV file of ${window.rowCount.toLocaleString('en')} rows`,
  )
  return producer
}

async function killOne({ screen, store, until, window }: Scene): Promise<Killed> {
  const rows = () => rowsImported(window.db, 'areas.csv')
  const victim = await killImporter(store, until, () => jobsToKill(rows() / window.rowCount))
  const killedAt = performance.now()
  screen.tell(
    `SIGKILL: worker ${victim.pid} dies at row ${rows().toLocaleString('en')} ` +
      `with ${victim.jobs.length} jobs running`,
  )
  await until('the jobs of the killed worker run again', () => allRanAgain(store, victim))
  const againMs = Math.round(performance.now() - killedAt)
  screen.tell(`all ${victim.jobs.length} run again, ${(againMs / 1000).toFixed(2)} s after the kill`)
  const { pid, worker, jobs } = victim
  return { pid, worker, jobs, againMs }
}

/** A busy worker is the better show, but the import does not wait: the later in it, the less busy one will do. */
function jobsToKill(share: number): number | undefined {
  if (share < 0.45) return undefined
  if (share < 0.6) return 4
  return share < 0.75 ? 2 : 1
}

/** True when every job that was handed in is completed or dead. */
async function allEnded({ store }: Scene): Promise<boolean> {
  const jobs = await allJobs(store)
  const expected = customers.length + photoCount + 1
  return jobs.length === expected && jobs.every(({ state }) => state === 'completed' || state === 'dead')
}

/** The one address that always failed is repaired, and its dead letter retried by command. */
async function repairAndRetry({ crew, inbox, screen, store, url, until }: Scene): Promise<readonly string[]> {
  const dead = (await store.find({ states: ['dead'] }, { limit: 100 })).jobs
  const [letter] = dead
  if (!letter) throw new Error(`no dead letter, though ${fullMailbox} takes no mail`)
  const why = letter.error?.message.split(': ').at(-1) ?? letter.reason
  screen.tell(`a dead letter after ${letter.attempt} attempts: ${letter.id} (${why})`)
  inbox.repair()
  screen.tell(`the mailbox is repaired; legwork dead retry ${letter.id}`)
  const retry = crew.start('retry', { legwork: ['dead', 'retry', letter.id, '--yes', '--url', url] })
  await endsWell('legwork dead retry', retry)
  const id = welcomeId(fullMailbox)
  await until('the retried mail is delivered', async () => (await store.get([id]))[0]?.state === 'completed')
  screen.tell('the retried mail is delivered')
  return dead.map((job) => job.id)
}

/** A schedule for tonight, which is soon; the workers fire it by themselves. */
async function reportTonight({ schedules, screen, store, until }: Scene): Promise<void> {
  const { cron, at } = tonight(new Date())
  await schedules.set(reportName, { cron, task: nightlyReport, limit: 1 })
  screen.tell(`a schedule: the nightly report is due at ${at}`)
  const report = await until('the nightly report', async () => {
    const [job] = await reportsIn(store)
    return job?.state === 'completed' && job
  })
  screen.tell(`its slot was fired by a worker: ${report.result}`)
}

/** One of them kills whoever opens it. */
async function posters({ app, screen, store, until }: Scene): Promise<void> {
  screen.tell(`${posterCount} posters to make, and one of the photographs kills whoever opens it`)
  await makePosters(app, until)
  const crashes = await crashesOf(store)
  screen.tell(`found out after ${crashes} crashes, the last one alone: dead (poison); the others are done`)
}

async function endsWell(who: string, { ended }: Member): Promise<void> {
  const end = await ended
  if (end !== 0) throw new Error(`${who} ended with ${end}`)
}

/** The answer of the work, unless one of the processes that it needs fails meanwhile. */
function unlessFails<T>(work: Promise<T>, ...needed: readonly Promise<void>[]): Promise<T> {
  const failing = needed.map((end) => end.then(() => new Promise<never>(() => {})))
  return Promise.race([work, ...failing])
}
