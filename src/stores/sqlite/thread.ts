import { existsSync } from 'node:fs'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Beat, Pulse } from '../../store/contract.ts'
import { pulsing } from '../../store/pulse.ts'
import { realClock, realRandom } from '../../world.ts'
import { watchCommits } from './bell.ts'
import { bootId } from './boot.ts'
import { openStoreFile, report, setPragmas } from './connect.ts'
import { type Desk, desk, type Reply, type Waiting } from './desk.ts'
import type { Database } from './driver.ts'
import { engineOn } from './engine.ts'
import { fileTime } from './file-clock.ts'
import { isBusy, toFault } from './faults.ts'
import { migrateUp, readVersion, refuseNewer, refuseOlder, stepsFrom } from './migrate.ts'
import type { Call } from './group.ts'
import type { Answer, FromThread, Init, ToThread } from './messages.ts'
import { forgetStatistics } from './statistics.ts'
import { type WalMover, walMover } from './wal.ts'

/*
 * The store's thread: the only place where the store's connection lives, so that no fsync, no checkpoint and no wait
 * for another process's lock ever stops the event loop that runs the handlers.
 */

if (!parentPort) throw new Error('This module is the entry of a worker thread.')
const port = parentPort
// The other side starts this thread with exactly this.
const { settings, time: shared } = workerData as Init
const time = timeFrom(shared)
const beats = new Map<number, () => Promise<void>>()
let db: Database | undefined
let line: Desk | undefined
let moving: WalMover | undefined
let stopWatching: (() => void) | undefined
let outbox: Answer[] = []
/** Never woken: whoever waits on it waits for its time. */
const napping = new Int32Array(new SharedArrayBuffer(4))

port.on('message', (message: ToThread) => {
  hear(message)
  // Everything that has come meanwhile shares the next commit.
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port))
    hear(next.message as ToThread)
  line?.turn()
})

function hear(message: ToThread): void {
  switch (message.kind) {
    case 'calls':
      return line?.take(message.calls.map(waiting))
    case 'open':
      return void answer(message.id, open())
    case 'migrate':
      return void answer(message.id, migrate(message.dryRun))
    case 'beat':
      return startBeating(message.id, message.beat, message.pulse)
    case 'unbeat':
      void beats.get(message.id)?.()
      return void beats.delete(message.id)
    case 'listen':
      return listen(message.on)
    case 'close':
      return void (line ? line.whenEmpty(() => void close()) : close())
  }
}

const waiting = (call: Call): Waiting => ({
  call,
  done: (reply) => void outbox.push({ id: call.id, reply }),
})

const tell = (message: FromThread): void => port.postMessage(message)

async function answer(id: number, work: Promise<unknown>): Promise<void> {
  const reply: Reply = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ fault: toFault(error, settings.path) }),
  )
  tell({ kind: 'answers', answers: [{ id, reply }] })
}

function flush(): void {
  if (outbox.length === 0) return
  tell({ kind: 'answers', answers: outbox })
  outbox = []
}

async function open(): Promise<unknown> {
  if (settings.migrate === 'never' && !existsSync(settings.path)) refuseOlder(0, settings.path)
  const file = await connection()
  const version = await patiently(() => readVersion(file))
  refuseNewer(version, settings.path)
  if (settings.migrate === 'never') refuseOlder(version, settings.path)
  await patiently(() => setPragmas(file, settings))
  const found = await report(file, settings)
  await patiently(() => migrateUp(file, settings.path))
  await patiently(() => forgetStatistics(file))
  moving ??= walMover(file, settings)
  line ??= desk({
    engine: engineOn(file, time),
    path: settings.path,
    busyTimeoutMs: settings.busyTimeoutMs,
    random: realRandom,
    nap: (ms) => void Atomics.wait(napping, 0, 0, ms),
    monotonic: realClock.monotonic,
    afterTurn() {
      flush()
      moving?.turn()
    },
  })
  return { ...found, findings: [...found.findings, ...time.findings()] }
}

async function migrate(dryRun: boolean): Promise<unknown> {
  if (dryRun && !existsSync(settings.path)) return stepsFrom(0)
  const file = await connection()
  const version = await patiently(() => readVersion(file))
  refuseNewer(version, settings.path)
  if (dryRun) return stepsFrom(version)
  await patiently(() => setPragmas(file, settings))
  return patiently(() => migrateUp(file, settings.path))
}

async function connection(): Promise<Database> {
  db ??= await openStoreFile(settings)
  return db
}

/** Tries until no other process is in the way. */
async function patiently<T>(work: () => T): Promise<T> {
  const endsAt = realClock.monotonic() + settings.busyTimeoutMs
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || realClock.monotonic() >= endsAt) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 1 + 4 * realRandom()))
  }
}

function startBeating(id: number, beat: Beat, pulse: Pulse): void {
  // Only the first beat may register the worker; one that was told `lost` must not come back by itself.
  let next = beat
  const { about: _, ...again } = beat
  const send = () =>
    new Promise<Reply>((done) => {
      line?.take([{ call: { id, verb: 'beat', args: [next] }, done }])
      line?.turn()
    })
  const hear = (reply: Reply, sentAt: number) => {
    if (!('fault' in reply)) next = again
    tell({ kind: 'beaten', id, reply, sentAt })
  }
  // The line keeps its order: a beat beside one that waits would say nothing new.
  beats.set(id, pulsing(realClock, { pulse, patienceMs: Infinity, send, hear }))
}

function listen(on: boolean): void {
  stopWatching?.()
  stopWatching =
    on && db ? watchCommits({ db, path: settings.path, ring: () => tell({ kind: 'bell' }) }) : undefined
}

async function close(): Promise<void> {
  for (const stop of beats.values()) void stop()
  stopWatching?.()
  flush()
  await moving?.close()
  if (db?.isOpen) db.close()
  port.close()
}

/** A test's clock is read from memory that both threads see. */
function timeFrom(memory: SharedArrayBuffer | undefined): ReturnType<typeof fileTime> {
  if (!memory) return fileTime(settings.path)
  const hands = new Float64Array(memory)
  return {
    now: () => Math.floor(hands[0] ?? 0),
    monotonic: () => hands[1] ?? 0,
    boot: bootId(),
    check: () => {},
    findings: () => [],
  }
}
