import type { Clock } from '../../job/clock.ts'
import type { Store } from '../../store/index.ts'
import { realClock } from '../../world.ts'
import { act, setQueues } from './act.ts'
import { beat, leave } from './beat.ts'
import { claim } from './claim.ts'
import { enqueue } from './enqueue.ts'
import { counts, find, get, workers } from './look.ts'
import { record } from './record.ts'
import { settle } from './settle.ts'
import { newTables } from './tables.ts'
import { lapse, tend } from './tend.ts'

/**
 * A store in this process's memory: the executable model that every other store is tested against.
 * Nothing survives the process. `clock` is for tests.
 */
export function memory({ clock = realClock }: { readonly clock?: Clock } = {}): Store {
  const s = newTables(clock)
  const hearers = new Set<() => void>()
  const ring = () => {
    for (const hear of hearers) hear()
  }
  /** Runs a change and wakes whoever waits for one. */
  const rung = <T>(change: () => T): T => {
    const answer = change()
    ring()
    return answer
  }
  return {
    name: 'memory',
    can: { tx: false, shared: false, beatApart: false, durable: false },
    open: async () => ({
      level: 'volatile',
      findings: [{ about: 'storage', value: 'memory of this process', verdict: 'warn' }],
    }),
    close: async () => hearers.clear(),
    migrate: async () => ({ from: 1, to: 1, steps: [] }),
    enqueue: async (jobs) => rung(() => enqueue(s, jobs)),
    claim: async (ask) => claim(s, ask),
    settle: async (worker, settlements) => rung(() => settle(s, worker, settlements)),
    exchange: async (settlements, ask) => {
      const settled = settle(s, ask.worker, settlements)
      const claimed = claim(s, ask)
      if (settlements.length > 0) ring()
      return { settled, claimed }
    },
    record: async (worker, notes) => rung(() => record(s, worker, notes)),
    beat: async (one) => beat(s, one),
    keepBeating: async (one, pulse, hear) => {
      const tick = new Float64Array(pulse.tick)
      let stop = clock.after(pulse.everyMs, turn, { idle: true })
      function turn(): void {
        stop = clock.after(pulse.everyMs, turn, { idle: true })
        if (clock.monotonic() - (tick[0] ?? 0) <= pulse.maxStallMs) hear(beat(s, one))
      }
      return async () => stop()
    },
    lapse: async (ids, cause) => rung(() => lapse(s, ids, cause)),
    leave: async (worker) => rung(() => leave(s, worker)),
    tend: async (budget) => {
      const done = tend(s, budget)
      if (done.promoted + done.lapsed + done.expired > 0) ring()
      return done
    },
    setQueues: async (settings) => rung(() => setQueues(s, settings)),
    act: async (order) => rung(() => act(s, order)),
    get: async (ids, options = {}) => get(s, ids, options),
    find: async (where, page) => find(s, where, page),
    counts: async (queues) => counts(s, queues),
    workers: async () => workers(s),
    ring,
    listen: (hear) => {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
  }
}
