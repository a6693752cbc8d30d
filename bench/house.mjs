// Where one figure is measured: a fresh place in the engine, fresh processes, and a connection of the runner's own that only looks.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { sleep } from './measure.mjs'

const script = fileURLToPath(new URL('./agent.mjs', import.meta.url))

/** Makes the house, lets `measure` live in it, and takes it away whatever happens. */
export async function inHouse(system, { engine, signal }, measure) {
  const place = await engine.place(system)
  const agents = []
  const house = {
    system,
    /** True: the processes need not end well. */
    isHurried: false,
    async agent() {
      const agent = startAgent()
      agents.push(agent)
      await agent.ready
      const { adapter, variant } = system
      const durability = await agent.call('open', { adapter, variant, ...place.where })
      return { ...agent, durability }
    },
    probe: place.probe,
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
    await place.end()
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
