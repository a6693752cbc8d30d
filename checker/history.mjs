import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** All events of the files. A last line that was cut short by a kill is left out; any other broken line is an error. */
export async function read(files) {
  const events = []
  for (const file of files) {
    let broken
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      if (line === '') continue
      if (broken) throw new Error(`${file}: line ${broken} is not JSON`)
      try {
        events.push(JSON.parse(line))
      } catch {
        broken = events.length + 1
      }
    }
  }
  return events
}

/** The events of one job and of the workers, ready to be asked. */
export function index(events) {
  const jobs = new Map()
  const beats = new Map()
  const ends = new Map()
  const calls = new Map()
  const counts = []
  let finish
  const of = (id) =>
    jobs.get(id) ??
    jobs
      .set(id, {
        id,
        all: [],
        enqueue: [],
        claim: [],
        start: [],
        end: [],
        settle: [],
        act: [],
        look: [],
        dump: [],
      })
      .get(id)
  for (const raw of events) {
    const event = { ...raw, at: BigInt(raw.t), v: raw.v ?? {} }
    if (event.ty === 'invoke' && (event.f === 'look' || event.f === 'beat')) calls.set(callKey(event), event)
    if (event.job !== undefined) {
      const job = of(event.job)
      job.all.push(event)
      job[event.f]?.push(event)
    } else if (event.f === 'dump') counts.push(event)
    if (event.f === 'finish') finish = event
    if (event.f === 'beat' && event.ty === 'ok' && event.outcome === 'held') push(beats, event.worker, event)
    if (event.f === 'leave' && event.ty === 'invoke') push(ends, event.worker, event)
    if (event.f === 'lapse' && event.ty === 'invoke')
      for (const worker of event.v.workers ?? []) push(ends, worker, event)
  }
  for (const job of jobs.values()) {
    job.attempts = [...(job.dump[0]?.v.attempts ?? [])].sort((a, b) => a.fence - b.fence)
    job.claims = job.claim.filter((event) => event.ty === 'ok' && event.fence !== undefined)
    job.applied = job.settle.filter((event) => event.ty === 'ok' && event.outcome === 'applied')
    job.all.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  }
  /** When a look or a beat was sent; the time of its answer where no `invoke` was written. */
  const sentAt = (event) => calls.get(callKey(event))?.at ?? event.at
  return { jobs, beats, ends, counts, finish, sentAt }
}

const callKey = ({ proc, pid, n, f, job }) => `${proc}\0${pid}\0${n}\0${f}\0${job ?? ''}`

function push(map, key, value) {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
