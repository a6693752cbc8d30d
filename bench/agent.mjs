// One process of a benchmark: a producer or a worker of one system. The runner tells it over IPC what to do.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { cpuSince, cpuUs, inFlight, nowUs, payload, percentiles, sleep, wallMs } from './measure.mjs'

let system
let work

/** Runs `job`, and says how long it took and what CPU. */
async function timed(n, job) {
  const before = cpuUs()
  const startedAt = nowUs()
  await job()
  const seconds = (nowUs() - startedAt) / 1e6
  return { n, seconds, rate: n / seconds, cpu: cpuSince(before) }
}

const batchOf = (from, size) => Array.from({ length: size }, (_, i) => payload(from + i))

const commands = {
  async open({ adapter, ...where }) {
    const module = await import(`./systems/${adapter}.mjs`)
    system = await module.open(where)
    return system.durability()
  },
  async enqueueOne({ jobs, warm = 100 }) {
    await inFlight(warm, 1, (i) => system.enqueue(payload(i)))
    return timed(jobs, () => inFlight(jobs, 1, (i) => system.enqueue(payload(i))))
  },
  async enqueueInFlight({ jobs, width, warm = 500 }) {
    await inFlight(warm, width, (i) => system.enqueue(payload(i)))
    return timed(jobs, () => inFlight(jobs, width, (i) => system.enqueue(payload(i))))
  },
  async enqueueBulk({ jobs, size = 1_000, warm = 0, dueAt }) {
    if (warm > 0) await system.enqueueMany(batchOf(0, warm), dueAt)
    return timed(jobs, async () => {
      for (let i = 0; i < jobs; i += size)
        await system.enqueueMany(batchOf(i, Math.min(size, jobs - i)), dueAt)
    })
  },
  /** Jobs come when they are due, whatever the system does; the stamp is taken just before the call. */
  async enqueueAtRate({ perSecond, seconds }) {
    const total = perSecond * seconds
    const startedAt = nowUs()
    const open = new Set()
    let errors = 0
    for (let i = 0; i < total; await sleep(1)) {
      const due = Math.min(total, Math.floor(((nowUs() - startedAt) / 1e6) * perSecond) + 1)
      for (; i < due; i++) {
        const call = system
          .enqueue(payload(i, nowUs()))
          .catch(() => (errors += 1))
          .finally(() => open.delete(call))
        open.add(call)
      }
    }
    await Promise.all(open)
    return { total, errors }
  },
  /** Writes for some seconds with other things to do in between, and says how long the event loop stood still at worst. */
  async enqueueWatched({ seconds, width }) {
    await inFlight(500, width, (i) => system.enqueue(payload(i)))
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const endsAt = nowUs() + seconds * 1e6
    let n = 0
    const lane = async () => {
      for (; nowUs() < endsAt; n++) {
        await system.enqueue(payload(n))
        await nextTurn()
      }
    }
    await Promise.all(Array.from({ length: width }, lane))
    await sleep(20)
    delay.disable()
    return { n, rate: n / seconds, stallMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6 }
  },
  async work({ concurrency, dueAt }) {
    work = { n: 0, lastAt: 0, latenciesMs: [], cpu: cpuUs(), startedAt: nowUs() }
    const mine = work
    /** The job: counts, and notes how late it is where that is measured. */
    const onJob = async (input) => {
      mine.n += 1
      mine.lastAt = nowUs()
      if (input.t > 0) mine.latenciesMs.push((mine.lastAt - input.t) / 1_000)
      if (dueAt !== undefined) mine.latenciesMs.push(wallMs() - dueAt)
    }
    work.handle = await system.startWorker({ concurrency, onJob })
    return work.startedAt
  },
  progress: () => work.n,
  async stopWork() {
    const cpu = cpuSince(work.cpu)
    await work.handle.stop()
    const { n, startedAt, lastAt, latenciesMs } = work
    const late = latenciesMs.length > 0 ? percentiles(latenciesMs) : undefined
    return { n, startedAt, lastAt, cpu, late, maxRssMb: process.resourceUsage().maxRSS / 1_024 }
  },
  /** Claims `limit` jobs again and again; how long each took, in milliseconds. */
  async claims({ times, limit }) {
    const claimer = await system.claimer()
    const tookMs = []
    for (let i = 0; i < times; i++) {
      const startedAt = nowUs()
      const n = await claimer.claim(limit)
      tookMs.push((nowUs() - startedAt) / 1_000)
      if (n !== limit) throw new Error(`claimed ${n} jobs instead of ${limit}`)
    }
    await claimer.release()
    return percentiles(tookMs)
  },
  usage: () => ({ cpu: cpuUs(), calls: system.calls?.(), rssMb: process.memoryUsage().rss / 1_048_576 }),
  async close() {
    await Promise.race([system?.close(), sleep(5_000)])
    setTimeout(() => process.exit(0), 10)
  },
}

process.on('message', async ({ id, command, args }) => {
  try {
    process.send({ id, answer: await commands[command](args ?? {}) })
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) })
  }
})
// The runner cleans up; its end is this process's end.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(1))
process.send({ id: 0 })
