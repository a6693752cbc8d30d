// Writes what a process asks of a store, and hears from it, as lines that the checker reads. Lines go to the file
// before the call and after its answer, so that a killed process leaves behind exactly what it knew.
import { openSync, writeSync } from 'node:fs'

export function historyFile(path, proc) {
  const fd = openSync(path, 'a')
  const stamp = () => ({ t: String(process.hrtime.bigint()), proc, pid: process.pid })
  let n = 0
  return {
    next: () => ++n,
    /** One write for all lines, so that they stand together also when the process dies now. */
    write(lines) {
      if (lines.length > 0)
        writeSync(fd, `${lines.map((line) => JSON.stringify({ ...stamp(), ...line })).join('\n')}\n`)
    },
  }
}

/** Wraps a store so that each call of the hot path is written down. */
export function recording(store, history) {
  /** Writes `invoke` lines, calls, and writes what `describe` makes of the answer; an error leaves the outcome open. */
  async function recorded(invoked, call, describe) {
    const n = history.next()
    const all = (ty, lines) => lines.map((line) => ({ n, ty, ...line }))
    history.write(all('invoke', invoked))
    try {
      const answer = await call()
      history.write(all('ok', describe(answer)))
      return answer
    } catch (error) {
      history.write(
        all(
          'info',
          invoked.map((line) => ({ ...line, v: { ...line.v, error: String(error) } })),
        ),
      )
      throw error
    }
  }

  const enqueueLine = ({ id, delayMs, runAt }) => ({
    f: 'enqueue',
    job: id,
    v: { ...(delayMs !== undefined && { delayMs }), ...(runAt !== undefined && { runAt }) },
  })
  const settleLine = (worker, { id, fence, move, result, delayMs }) => ({
    f: 'settle',
    worker,
    job: id,
    fence,
    v: { move, ...(result !== undefined && { result }), ...(delayMs !== undefined && { delayMs }) },
  })
  const settledLines = (worker, settlements, settled) =>
    settlements.map((one, i) =>
      settled[i] === undefined
        ? { ...settleLine(worker, one), ty: 'info' }
        : { ...settleLine(worker, one), outcome: settled[i] },
    )
  const claimedLines = (worker, { jobs }) =>
    jobs.length > 0
      ? jobs.map(({ id, fence, attempt, startedAt }) => ({
          f: 'claim',
          worker,
          job: id,
          fence,
          attempt,
          v: { startedAt },
        }))
      : [{ f: 'claim', worker }]

  return {
    ...store,
    enqueue: (jobs, options) =>
      recorded(
        jobs.map(enqueueLine),
        () => store.enqueue(jobs, options),
        // One of several partitions may have given no answer.
        (answers) =>
          answers.map(({ id, outcome, refusal }, i) =>
            refusal?.because === 'away'
              ? { ...enqueueLine(jobs[i]), ty: 'info' }
              : { f: 'enqueue', job: id, outcome },
          ),
      ),
    settle: (worker, settlements) =>
      recorded(
        settlements.map((one) => settleLine(worker, one)),
        () => store.settle(worker, settlements),
        (settled) => settledLines(worker, settlements, settled),
      ),
    exchange: (settlements, ask) =>
      recorded(
        [...settlements.map((one) => settleLine(ask.worker, one)), { f: 'claim', worker: ask.worker }],
        () => store.exchange(settlements, ask),
        ({ settled, claimed }) => [
          ...settledLines(ask.worker, settlements, settled),
          ...claimedLines(ask.worker, claimed),
        ],
      ),
    beat: (beat) =>
      recorded(
        [{ f: 'beat', worker: beat.worker, v: { ttlMs: beat.ttlMs } }],
        () => store.beat(beat),
        ({ lease }) => [{ f: 'beat', worker: beat.worker, outcome: lease }],
      ),
    lapse: (workers, cause) =>
      recorded(
        [{ f: 'lapse', v: { workers } }],
        () => store.lapse(workers, cause),
        () => [{ f: 'lapse', v: { workers } }],
      ),
    leave: (worker) =>
      recorded(
        [{ f: 'leave', worker }],
        () => store.leave(worker),
        () => [{ f: 'leave', worker }],
      ),
    async keepBeating(beat, pulse, hear) {
      // One partition that holds the lease says nothing of the others: none of them is then certainly alive.
      if (store.can.apart) return store.keepBeating(beat, pulse, hear)
      return store.keepBeating(beat, pulse, (answer, sentAt) => {
        if (!(answer instanceof Error)) {
          const line = { n: history.next(), f: 'beat', worker: beat.worker }
          history.write([
            { ...line, ty: 'invoke', v: { ttlMs: beat.ttlMs }, t: `${Math.floor(sentAt * 1_000)}000` },
            { ...line, ty: 'ok', outcome: answer.lease },
          ])
        }
        hear(answer, sentAt)
      })
    },
  }
}

const ofCounters = ['fence', 'attempt', 'failures', 'losses']
const ofJob = ['queue', 'state', ...ofCounters, 'createdAt', 'availableAt', 'result']
const ofAttempt = ['attempt', 'fence', 'worker', 'outcome', 'startedAt', 'endedAt', 'reason']
const told = (one, names) => Object.fromEntries(names.map((name) => [name, one[name]]))

/** Writes the whole store down, as any reader sees it. */
export async function dump(store, book) {
  for (const { queue, states } of await store.counts())
    book.write([{ n: book.next(), f: 'dump', ty: 'ok', v: { queue, states } }])
  let cursor
  do {
    const page = await store.find({}, { limit: 500, ...(cursor && { cursor }) })
    const jobs = await store.get(
      page.jobs.map(({ id }) => id),
      { attempts: true },
    )
    book.write(
      jobs.map(({ id, attempts, ...job }) => ({
        ...{ n: book.next(), f: 'dump', ty: 'ok', job: id },
        v: { ...told(job, ofJob), attempts: attempts.map((one) => told(one, ofAttempt)) },
      })),
    )
    cursor = page.cursor
  } while (cursor)
  book.write([{ n: book.next(), f: 'finish', ty: 'ok', v: { final: true } }])
}
