// Producer and worker processes on one store; they are killed and frozen while they work, and so is the server where the store
// has one; at the end an independent checker reads what every process wrote down.
import { fork } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { check, read, summary } from '../checker/check.mjs'
import { engines, insist, storeAt } from './engines.mjs'
import { dump, historyFile, recording } from './history.mjs'

const script = (name) => fileURLToPath(new URL(name, import.meta.url))

/** Runs the whole story and gives what it saw; `say` hears how it goes. */
export async function torture({
  jobs,
  seconds,
  kills,
  engine = 'sqlite',
  workers = 2,
  runningAtKill = Math.floor(100 / workers),
  outageEveryMs = 20_000,
  outagesAtLeast = 0,
  leaseMs = 3_000,
  concurrency = 150,
  freezes = 1,
  say = () => {},
  keep = false,
}) {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-torture-'))
  mkdirSync(join(folder, 'history'))
  // A server runs as another user than root.
  chmodSync(folder, 0o755)
  const place = await engines[engine](join(folder))
  const history = (name) => join(folder, 'history', `${name}.ndjson`)
  const book = historyFile(history('supervisor'), 'supervisor')
  const store = recording(storeAt(place.url), book)
  const children = new Map()
  const seen = { kills: [], producerKills: 0, freezes: 0, outages: [], ended: [] }
  const names = Array.from({ length: workers }, (_, i) => `worker-${i + 1}`)
  let isOver = false
  let isStriking = false

  function start(name, role) {
    const share = {
      name,
      url: place.url,
      history: history(name),
      count: jobs / 2,
      perSecond: jobs / 2 / seconds,
      concurrency,
      leaseMs,
    }
    const child = fork(script(`./${role}.mjs`), [JSON.stringify(share)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const state = {
      name,
      role,
      child,
      running: 0,
      workers: [],
      done: children.get(name)?.done ?? 0,
      finished: false,
      gone: undefined,
    }
    state.gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
    child.on('message', (message) => {
      if (message.worker) state.workers.push(message.worker)
      Object.assign(state, message)
    })
    void state.gone.then(({ code, signal }) => {
      if (isOver || signal === 'SIGKILL' || code === 0) return
      seen.ended.push(`${name}: ${signal ?? `exit code ${code}`}`)
      say(`${name} ended unexpectedly: ${signal ?? `exit code ${code}`}`)
    })
    children.set(name, state)
    return state
  }

  async function until(question, what, timeoutMs = 120_000) {
    const end = Date.now() + timeoutMs
    for (;;) {
      const answer = await question()
      if (answer) return answer
      if (Date.now() > end) throw new Error(`waited ${timeoutMs / 1_000} s in vain for ${what}`)
      await wait(5)
    }
  }

  /** A worker that runs enough jobs for its end to matter: this one, or another where the work went there. */
  function busyOne(preferred) {
    const isBusy = (name) => children.get(name).running >= runningAtKill
    return until(
      () => children.get([preferred, ...names].find(isBusy)),
      `${runningAtKill} running jobs on a worker`,
    )
  }

  async function kill(preferred, supervised) {
    await until(() => !isStriking, 'the server to be back')
    const victim = await busyOne(preferred)
    const { name, running } = victim
    book.write([{ n: book.next(), f: 'kill', ty: 'ok', v: { victim: name, signal: 'SIGKILL' } }])
    victim.child.kill('SIGKILL')
    await victim.gone
    // Every other time nobody tells the store: then the lease has to run out by itself.
    if (supervised) await insist(() => store.lapse(victim.workers, 'killed by SIGKILL'))
    seen.kills.push(running)
    say(
      `killed ${name} with ${running} jobs running${supervised ? ', its supervisor told the store' : ', its lease has to run out'}`,
    )
    start(name, 'worker')
  }

  async function killProducer(name) {
    const victim = children.get(name)
    if (victim.finished) return
    victim.child.kill('SIGKILL')
    await victim.gone
    seen.producerKills += 1
    say(`killed ${name}; started again, it repeats what was not acknowledged`)
    start(name, 'producer')
  }

  async function freeze(preferred) {
    const victim = await busyOne(preferred)
    victim.child.kill('SIGSTOP')
    await wait(leaseMs * 1.5)
    victim.child.kill('SIGCONT')
    seen.freezes += 1
    say(`froze ${victim.name} for ${(leaseMs * 1.5) / 1_000} s, past its lease, and let it go on`)
  }

  /** Kills the server now and then, and starts it again on what it had written. */
  async function strike(over) {
    while (!over()) {
      for (const end = Date.now() + outageEveryMs; Date.now() < end && !over(); ) await wait(20)
      if (over()) return
      // How soon work goes on is a matter of the workers that are there, and not of one that is just being started.
      isStriking = true
      await until(() => names.every((name) => children.get(name).ready), 'every worker to be there')
      book.write([{ n: book.next(), f: 'outage', ty: 'ok', v: { server: 'killed' } }])
      await place.kill()
      await wait(500)
      await place.start()
      seen.outages.push({ backAt: process.hrtime.bigint() })
      book.write([{ n: book.next(), f: 'outage', ty: 'ok', v: { server: 'back' } }])
      say('killed the server and started it again; nobody else was touched')
      await wait(2_000)
      isStriking = false
    }
  }

  const startedAt = Date.now()
  try {
    await store.open()
    for (const name of ['producer-1', 'producer-2']) start(name, 'producer')
    for (const name of names) start(name, 'worker')
    let isDone = false
    const striking = place.kill && strike(() => isOver || (isDone && seen.outages.length >= outagesAtLeast))
    striking?.catch(() => {})
    const slot = (seconds * 1_000 * 0.9) / (kills + freezes)
    for (let i = 0; i < kills; i++) {
      await wait(Math.max(0, startedAt + slot * (i + 0.5) - Date.now()))
      await kill(names[i % workers], i % 4 < 2)
      // Early, for later it may have finished.
      if (i % 4 === 1) await killProducer(`producer-${1 + ((i >> 2) % 2)}`)
      if (seen.freezes < freezes && i >= kills / 2) await freeze(names[(i + 1) % workers])
    }
    await until(
      () => ['producer-1', 'producer-2'].every((name) => children.get(name).finished),
      'the producers to finish',
      seconds * 1_000 + 120_000,
    )
    isDone = true
    await striking
    say('all jobs are enqueued; waiting for the last ones to end')
    await until(
      async () => (await insist(() => counts(store))).live === 0 || wait(200).then(() => false),
      'every job to be final',
      120_000,
    )
    isOver = true
    for (const { child, role } of children.values()) if (role === 'worker') child.kill('SIGTERM')
    await Promise.all([...children.values()].map(({ gone }) => gone))
    await dump(store, book)
    await store.close()
    await place.stop()
    const events = await read(
      readdirSync(join(folder, 'history')).map((name) => join(folder, 'history', name)),
    )
    const violations = check(events)
    return {
      ...seen,
      firstDoneMs: firstDone(events, seen.outages),
      seconds: (Date.now() - startedAt) / 1_000,
      summary: summary(events),
      violations,
      folder: keep || violations.length > 0 ? folder : undefined,
    }
  } finally {
    isOver = true
    for (const { child } of children.values()) child.kill('SIGKILL')
    await place.stop()
    if (!keep && process.exitCode === undefined)
      seen.clean = () => rmSync(folder, { recursive: true, force: true })
  }
}

/** For each time that the server came back: the milliseconds from when it took calls to the first job that it heard completed. */
function firstDone(events, outages) {
  const done = events
    .filter(
      ({ f, ty, outcome, v }) =>
        f === 'settle' && ty === 'ok' && outcome === 'applied' && v.move === 'complete',
    )
    .map(({ t }) => BigInt(t))
    .sort((a, b) => (a < b ? -1 : 1))
  return outages.map(({ backAt }) => {
    const first = done.find((t) => t > backAt)
    return first === undefined ? undefined : Math.round(Number(first - backAt) / 1e6)
  })
}

async function counts(store) {
  const rows = await store.counts()
  const final = ['completed', 'dead', 'cancelled']
  const sum = (keep) =>
    rows.reduce(
      (all, { states }) =>
        all + Object.entries(states).reduce((n, [state, k]) => n + (keep(state) ? k : 0), 0),
      0,
    )
  return { live: sum((state) => !final.includes(state)), final: sum((state) => final.includes(state)) }
}
