// A worker in several parts: what it is told of its leases, in whichever order the answers are read.
import { memory } from 'legwork/memory'
import { partitioned } from 'legwork/partitioned'
import type { Beaten, Store } from 'legwork/store'
import { virtualClock, type VirtualClock } from 'legwork/testing'
import { expect, test } from 'vitest'
import { dice } from '../src/conformance/room.ts'

const about = { host: 'h', pid: 1, version: '0', queues: ['q'], tasks: ['t'], concurrency: 10 }
const ttlMs = 600
const turns = async (n = 20) => {
  for (let i = 0; i < n; i++) await Promise.resolve()
}

/** A call or a beat on its way to a part and back. */
interface Way {
  readonly part: number
  /** The server does it, now. */
  readonly arrive: () => Promise<void>
  /** This process reads the answer. */
  read?: () => void
}

/** Partitions whose beats travel as the test says: `sent` has what has not arrived, `told` what has not been read. */
function travelling(clock: VirtualClock, count: number) {
  const house = { sent: [] as Way[], told: [] as Way[], isSlow: false }
  const servers = Array.from({ length: count }, () => memory({ clock }))
  const pulses = new Map<number, () => void>()
  const put = (part: number, call: () => Promise<Beaten>, hear: (answer: Beaten) => void) => {
    const way: Way = {
      part,
      arrive: async () => {
        const answer = await call()
        way.read = () => hear(answer)
        house.told.push(way)
      },
    }
    house.sent.push(way)
  }
  const parts = servers.map(
    (server, part): Store => ({
      ...server,
      beat: (one) =>
        house.isSlow
          ? new Promise((resolve) => put(part, () => server.beat(one), resolve))
          : server.beat(one),
      async keepBeating(one, _pulse, hear) {
        const pulse = () => {
          const sentAt = clock.monotonic()
          put(
            part,
            () => server.beat(one),
            (answer) => hear(answer, sentAt),
          )
        }
        pulses.set(part, pulse)
        return async () => {
          if (pulses.get(part) === pulse) pulses.delete(part)
        }
      },
    }),
  )
  const arriveAll = async () => {
    for (const way of house.sent.splice(0)) await way.arrive()
  }
  const readAll = async () => {
    for (const way of house.told.splice(0)) way.read?.()
    await turns()
  }
  /** No part holds the worker, under whatever name. */
  const isOver = async () => {
    for (const server of servers)
      if ((await server.workers()).some(({ leaseEndsAt }) => leaseEndsAt > clock.now())) return false
    return true
  }
  return { house, servers, pulses, store: partitioned(parts, { clock }), arriveAll, readAll, isOver }
}

async function worker(count: number) {
  const clock = virtualClock({ now: 1_000_000, monotonic: 1_000 })
  const trip = travelling(clock, count)
  const heard: (Beaten | Error)[] = []
  await trip.store.open()
  await trip.store.beat({ worker: 'w', ttlMs, about })
  const pulse = { tick: new SharedArrayBuffer(8), everyMs: 100, maxStallMs: 1e15 }
  const stop = await trip.store.keepBeating({ worker: 'w', ttlMs }, pulse, (answer) => heard.push(answer))
  const said = async () => (await trip.store.beat({ worker: 'w', ttlMs })).lease
  const leases = () => heard.map((answer) => (answer instanceof Error ? 'error' : answer.lease))
  return { ...trip, clock, heard, stop, said, leases }
}

const orders = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  all.length < 2
    ? [all]
    : all.flatMap((one, i) => orders(all.filter((_, n) => n !== i)).map((rest) => [one, ...rest]))

test('a worker that stood still until every lease was over is told so, in whichever order old and new answers are read', async () => {
  const kinds = [0, 1, 2].flatMap((part) => [`old ${part}`, `new ${part}`])
  for (const order of orders(kinds)) {
    const one = await worker(3)
    for (const pulse of one.pulses.values()) pulse()
    // Sent, answered, and not read before it stands still.
    await one.arriveAll()
    const old = one.house.told.splice(0)
    await one.clock.advance(ttlMs + 1)
    expect(await one.isOver()).toBe(true)
    for (const pulse of one.pulses.values()) pulse()
    await one.arriveAll()
    const fresh = one.house.told.splice(0)
    for (const kind of order) {
      const [age, part] = kind.split(' ')
      ;(age === 'old' ? old : fresh).find((way) => way.part === Number(part))?.read?.()
      await turns()
    }
    expect(one.leases().filter((lease) => lease === 'lost')).toEqual(['lost'])
    expect(one.leases().at(-1), order.join(', ')).toBe('lost')
    expect(await one.said()).toBe('lost')
    await one.stop()
  }
})

test('it is told so by its own beat, before and after what the beating thread hears, and also when that registered it anew', async () => {
  for (const isFirst of [true, false]) {
    const one = await worker(2)
    for (const pulse of one.pulses.values()) pulse()
    await one.arriveAll()
    await one.clock.advance(ttlMs + 1)
    for (const pulse of one.pulses.values()) pulse()
    await one.arriveAll()
    if (isFirst) expect(await one.said()).toBe('lost')
    await one.readAll()
    expect(await one.said()).toBe('lost')
    expect(one.leases().at(-1)).toBe('lost')
    expect(await one.isOver()).toBe(true)
    await one.stop()
  }
})

test('one part that has lost it costs it that part, while another certainly has it', async () => {
  const one = await worker(2)
  await one.servers[0]?.lapse(['w'], 'its lease ran out')
  for (const pulse of one.pulses.values()) pulse()
  await one.arriveAll()
  await one.readAll()
  await one.readAll()
  expect(new Set(one.leases())).toEqual(new Set(['held']))
  expect(await one.said()).toBe('held')
  expect((await one.servers[0]?.workers())?.map(({ id }) => id)).toEqual(['w~1'])
  await one.stop()
})

test('a registration that arrives when all else was over is none', async () => {
  const one = await worker(2)
  await one.servers[0]?.lapse(['w'], 'its lease ran out')
  one.pulses.get(0)?.()
  await one.arriveAll()
  one.house.isSlow = true
  // It decides to register anew, for the other part holds it, and stands still.
  await one.readAll()
  expect(one.house.sent).toHaveLength(1)
  await one.clock.advance(ttlMs + 1)
  expect(await one.isOver()).toBe(true)
  // Registered there, it looks whether another part held it all the while.
  for (let i = 0; i < 2; i++) {
    await one.arriveAll()
    await one.readAll()
  }
  expect(one.leases()).toEqual(['lost'])
  one.house.isSlow = false
  expect(await one.said()).toBe('lost')
  await one.stop()
})

test('a part that confirms nothing for four fifths of a lease costs it the jobs of that part, whether it says an error or nothing', async () => {
  const one = await worker(2)
  const job = { id: 'one', queue: 'q', task: 't', payload: '1', version: 1, priority: 5, maxAttempts: 3 }
  await one.store.enqueue([{ ...job, tags: [], retain: { completed: 1, cancelled: 1, dead: null } }])
  const ask = { worker: 'w', call: 1, received: 0, limit: 1, queues: [{ name: 'q', limit: 1 }] }
  const fence = (await one.store.claim(ask)).jobs[0]?.fence
  const home = (await one.servers[0]?.get(['one']))?.[0] ? 0 : 1
  for (let ms = 0; ms < ttlMs; ms += 50) {
    one.pulses.get(1 - home)?.()
    await one.arriveAll()
    await one.readAll()
    await one.clock.advance(50)
    await turns()
  }
  const lost = one.heard.flatMap((answer) => (answer instanceof Error ? [] : (answer.lost ?? [])))
  expect(lost).toEqual([{ id: 'one', fence }])
  expect(one.leases()).not.toContain('lost')
  await one.stop()
})

test('whatever comes in whichever order: once no part held it, it is never told otherwise', async () => {
  let ends = 0
  let rejoined = 0
  for (let seed = 1; seed <= 150; seed++) {
    const random = dice(seed)
    const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T
    const one = await worker(2 + Math.floor(random() * 2))
    const { house } = one
    house.isSlow = true
    const own: Promise<unknown>[] = []
    let overAt: number | undefined
    const claims: { sentAt: number; lease: string }[] = []
    for (let step = 0; step < 60; step++) {
      if (await one.isOver()) overAt ??= one.clock.monotonic()
      const what = random()
      if (what < 0.25) pick([...one.pulses.values(), () => {}])()
      else if (what < 0.5 && house.sent.length > 0)
        await house.sent.splice(Math.floor(random() * house.sent.length), 1)[0]?.arrive()
      else if (what < 0.75 && house.told.length > 0)
        house.told.splice(Math.floor(random() * house.told.length), 1)[0]?.read?.()
      else if (what < 0.8) {
        const sentAt = one.clock.monotonic()
        const told = one.store.beat({ worker: 'w', ttlMs })
        own.push(told.then(({ lease }) => claims.push({ sentAt, lease })).catch(() => {}))
      } else if (what < 0.83) await pick(one.servers).lapse(['w'], 'its lease ran out')
      else await one.clock.advance(pick([20, 60, 150, ttlMs * 0.7]))
      await turns()
    }
    for (let i = 0; i < 50 && house.sent.length + house.told.length > 0; i++) {
      await one.arriveAll()
      await one.readAll()
    }
    await Promise.all(own)
    house.isSlow = false
    rejoined += (await Promise.all(one.servers.map((server) => server.workers())))
      .flat()
      .filter(({ id }) => id !== 'w').length
    if (overAt !== undefined) {
      const since = overAt
      ends += 1
      expect(claims.filter(({ sentAt, lease }) => sentAt >= since && lease === 'held')).toEqual([])
      expect(await one.said(), `seed ${seed}`).toBe('lost')
      for (const pulse of one.pulses.values()) pulse()
      await one.arriveAll()
      await one.readAll()
      expect(one.leases().filter((lease) => lease === 'lost').length, `seed ${seed}`).toBeLessThanOrEqual(1)
    }
    await one.stop()
  }
  // The dice must have shown both.
  expect(ends).toBeGreaterThan(50)
  expect(rejoined).toBeGreaterThan(20)
})
