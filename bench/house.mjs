// Where one figure is measured: a fresh folder, fresh processes, and a connection of the runner's own that only looks.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from '@photostructure/sqlite'
import { nowUs, sleep } from './measure.mjs'

const script = fileURLToPath(new URL('./agent.mjs', import.meta.url))

/** Makes the house, lets `measure` live in it, and takes it away whatever happens. */
export async function inHouse(system, { root, signal }, measure) {
  const folder = mkdtempSync(join(root, 'figure-'))
  const file = join(folder, system.file)
  const agents = []
  const house = {
    system,
    file,
    /** True: the processes need not end well. */
    isHurried: false,
    async agent() {
      const agent = startAgent()
      agents.push(agent)
      await agent.ready
      const { adapter, variant } = system
      const durability = await agent.call('open', { adapter, variant, file })
      return { ...agent, durability }
    },
    probe: () => openProbe(system, file),
  }
  let stop
  const interrupted = new Promise((_, reject) => {
    stop = () => reject(new Error('interrupted'))
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([measure(house), interrupted])
  } finally {
    signal.removeEventListener('abort', stop)
    await Promise.all(agents.map((agent) => agent.end(signal.aborted || house.isHurried)))
    rmSync(folder, { recursive: true, force: true })
  }
}

function startAgent() {
  const child = fork(script, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' })
  const pending = new Map()
  let lastId = 0
  let said = ''
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-2_000)
  })
  const expect = (id) => new Promise((resolve, reject) => pending.set(id, { resolve, reject }))
  child.on('message', ({ id, answer, error }) => {
    const call = pending.get(id)
    pending.delete(id)
    if (error) call?.reject(new Error(error))
    else call?.resolve(answer)
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  void gone.then((code) => {
    for (const { reject } of pending.values()) reject(new Error(`the process ended with ${code}: ${said}`))
  })
  const call = (command, args) => {
    lastId += 1
    const answer = expect(lastId)
    child.send({ id: lastId, command, args }, () => {})
    return answer
  }
  return {
    ready: expect(0),
    call,
    async end(isHurried) {
      if (!isHurried) {
        call('close').catch(() => {})
        await Promise.race([gone, sleep(6_000)])
      }
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await gone
    },
  }
}

/** Looks at the system's file from outside: what is settled is what its rows say. */
function openProbe({ isDrained, settled, counted }, file) {
  const db = new DatabaseSync(file, { timeout: 5_000 })
  const number = (statement) => Number(Object.values(statement.get())[0])
  const asked = (sql) => number(db.prepare(sql))
  const [drained, soFar] = [db.prepare(isDrained), db.prepare(counted)]
  async function when(isSo, timeoutMs) {
    const endsAt = nowUs() + timeoutMs * 1_000
    while (!isSo()) {
      if (nowUs() > endsAt)
        throw new Error(`not done after ${timeoutMs / 1_000} s: ${number(soFar)} jobs settled`)
      await sleep(5)
    }
    return nowUs()
  }
  return {
    settled: () => asked(settled),
    soFar: () => number(soFar),
    /** Waits until nothing is left to do, and says when that was. */
    whenDrained: (timeoutMs) => when(() => number(drained) === 1, timeoutMs),
    /** Waits until so many jobs are settled, and says when that was. */
    whenSettled: (n, timeoutMs) => when(() => number(soFar) >= n, timeoutMs),
    /** Bytes of the pages in use, after everything has gone from the log into the file. */
    bytes() {
      db.exec('pragma wal_checkpoint(truncate)')
      return (asked('pragma page_count') - asked('pragma freelist_count')) * asked('pragma page_size')
    },
    close: () => db.close(),
  }
}
