// How each kind of workload is measured. A stage gets a house and what the workload says, and gives figures by name.
import { nowUs, sleep } from './measure.mjs'

const timeoutMs = 120_000
const scaled = (house, jobs) => Math.max(1_000, Math.round(jobs * (house.system.scale ?? 1)))
const perJob = (cpu, n) => ({ cpuUs: cpu.all / n, mainCpuUs: cpu.main / n })

/** One process hands jobs in. */
export async function enqueue(house, { command, ...how }) {
  const producer = await house.agent()
  const jobs = scaled(house, how.jobs)
  const { rate, cpu } = await producer.call(command, { ...how, jobs })
  return { rate, ...perJob(cpu, jobs), jobs, durability: producer.durability }
}

/** Jobs wait; then workers start and run them all. Done is done in the store, not only in the handlers. */
export async function drain(house, { jobs: wanted, concurrency, workers: count = 1 }) {
  const jobs = scaled(house, wanted)
  const producer = await house.agent()
  await producer.call('enqueueBulk', { jobs })
  const workers = []
  for (let i = 0; i < count; i++) workers.push(await house.agent())
  const probe = await house.probe()
  const startedAts = Promise.all(workers.map((worker) => worker.call('work', { concurrency })))
  const settledAt = await probe.whenDrained(timeoutMs)
  await startedAts
  const ends = await Promise.all(workers.map((worker) => worker.call('stopWork')))
  await checkAll(probe, ends, jobs)
  await probe.close()
  const seconds = (settledAt - Math.min(...ends.map((end) => end.startedAt))) / 1e6
  return { rate: jobs / seconds, ...costs(ends, jobs), jobs, durability: producer.durability }
}

const sum = (items, of) => items.reduce((total, item) => total + of(item), 0)
const costs = (ends, jobs) => ({
  cpuUs: sum(ends, (end) => end.cpu.all) / jobs,
  mainCpuUs: sum(ends, (end) => end.cpu.main) / jobs,
  maxRssMb: Math.max(...ends.map((end) => end.maxRssMb)),
})

/** Each job must have been run once and be settled once; anything else is no figure. */
async function checkAll(probe, ends, jobs) {
  const ran = sum(ends, (end) => end.n)
  const settled = await probe.settled()
  if (ran !== jobs || (settled ?? jobs) !== jobs)
    throw new Error(`${jobs} jobs were handed in, ${ran} runs happened, ${settled} are settled in the store`)
}

/** A producer and a worker at the same time, from the first enqueue until everything is settled. */
export async function flow(house, { jobs: wanted, concurrency, width }) {
  const jobs = scaled(house, wanted)
  const producer = await house.agent()
  const worker = await house.agent()
  await worker.call('work', { concurrency })
  const probe = await house.probe()
  const startedAt = nowUs()
  const produced = await producer.call('enqueueInFlight', { jobs, width, warm: 0 })
  const settledAt = await probe.whenDrained(timeoutMs)
  const ends = [await worker.call('stopWork')]
  await checkAll(probe, ends, jobs)
  await probe.close()
  const { cpuUs, mainCpuUs } = costs(ends, jobs)
  return {
    rate: jobs / ((settledAt - startedAt) / 1e6),
    cpuUs: cpuUs + produced.cpu.all / jobs,
    mainCpuUs: mainCpuUs + produced.cpu.main / jobs,
    producedRate: produced.rate,
    jobs,
    durability: producer.durability,
  }
}

/** From the call of enqueue to the start of the handler in another process, at a fixed rate of arrivals. */
export async function latency(house, { perSecond, seconds, concurrency }) {
  const producer = await house.agent()
  const worker = await house.agent()
  await worker.call('work', { concurrency })
  await producer.call('enqueueInFlight', { jobs: 200, width: 10, warm: 0 })
  await sleep(300)
  const { total, errors } = await producer.call('enqueueAtRate', { perSecond, seconds })
  const probe = await house.probe()
  await probe.whenDrained(timeoutMs)
  await probe.close()
  const end = await worker.call('stopWork')
  if (errors > 0 || end.n !== total + 200) throw new Error(`${errors} errors; ran ${end.n} of ${total + 200}`)
  const { p50, p99, max } = end.late
  return {
    p99Ms: p99,
    p50Ms: p50,
    maxMs: max,
    ...perJob(end.cpu, end.n),
    jobs: total,
    durability: producer.durability,
  }
}

/** Many jobs become due at one instant: how late each of them starts. */
export async function due(house, { jobs, aheadMs, concurrency }) {
  const producer = await house.agent()
  const worker = await house.agent()
  const dueAt = Math.ceil(Date.now() + aheadMs)
  await producer.call('enqueueBulk', { jobs, dueAt })
  if (Date.now() > dueAt - 500) throw new Error('enqueueing took until the jobs were due')
  await worker.call('work', { concurrency, dueAt })
  await sleep(dueAt - Date.now())
  const probe = await house.probe()
  await probe.whenDrained(timeoutMs)
  const end = await worker.call('stopWork')
  await checkAll(probe, [end], jobs)
  await probe.close()
  const { p50, p99, max } = end.late
  return { p99Ms: p99, p50Ms: p50, maxMs: max, jobs, durability: producer.durability }
}

/** A claim of 100, and the rate of the first jobs of a drain, with many waiting. */
export async function backlog(house, { waiting, times, drained, concurrency }) {
  const producer = await house.agent()
  const { rate: fillRate } = await producer.call('enqueueBulk', { jobs: waiting })
  const { p50, max } = await producer.call('claims', { times, limit: 100 })
  const worker = await house.agent()
  const probe = await house.probe()
  // Some systems keep their event loop to themselves while there is work, so nobody asks the worker.
  worker.call('work', { concurrency }).catch(() => {})
  await probe.whenSettled(1, timeoutMs)
  const [startedAt, before] = [nowUs(), await probe.soFar()]
  const settledAt = await probe.whenSettled(Math.min(waiting, drained), timeoutMs)
  const n = (await probe.soFar()) - before
  await probe.close()
  house.isHurried = true
  return {
    claimMs: p50,
    claimMaxMs: max,
    rate: n / ((settledAt - startedAt) / 1e6),
    fillRate,
    jobs: waiting,
    durability: producer.durability,
  }
}

/** Two processes write at the same time: how long an event loop stands still at worst. */
export async function stall(house, { seconds, width }) {
  const writers = [await house.agent(), await house.agent()]
  const seen = await Promise.all(writers.map((writer) => writer.call('enqueueWatched', { seconds, width })))
  return {
    stallMs: Math.max(...seen.map((one) => one.stallMs)),
    p99Ms: Math.max(...seen.map((one) => one.p99Ms)),
    rate: sum(seen, (one) => one.rate),
    durability: writers[0].durability,
  }
}

/** What a waiting job takes of the file besides its payload. */
export async function size(house, { jobs }) {
  const producer = await house.agent()
  await producer.call('enqueueBulk', { jobs: 1_000 })
  const probe = await house.probe()
  const before = await probe.bytes()
  await producer.call('enqueueBulk', { jobs })
  const bytes = (await probe.bytes()) - before
  await probe.close()
  const payloads = Array.from({ length: jobs }, (_, i) => String(i).length).reduce((a, b) => a + b, 0)
  const around = JSON.stringify({ i: '', t: 0, p: 'x'.repeat(80) }).length - 2
  return { bytes: (bytes - payloads) / jobs - around, jobs, durability: producer.durability }
}

/** What a worker costs that has nothing to do. */
export async function idle(house, { settleMs, seconds, concurrency }) {
  const worker = await house.agent()
  await worker.call('work', { concurrency })
  await sleep(settleMs)
  const before = await worker.call('usage')
  await sleep(seconds * 1_000)
  const after = await worker.call('usage')
  await worker.call('stopWork')
  return {
    callsPerSecond: (after.calls - before.calls) / seconds,
    cpuPercent: (after.cpu.all - before.cpu.all) / seconds / 1e4,
    rssMb: after.rssMb,
    durability: worker.durability,
  }
}
