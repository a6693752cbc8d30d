import { type Clock, within } from '../../job/clock.ts'
import { realClock } from '../../world.ts'
import type { Link, ListeningClient } from './connect.ts'

export interface Bell {
  /** Wakes whoever listens here, and soon those of other processes. */
  ring(): void
  /** The number of those who listen here has changed. */
  listen(on: boolean): void
  close(): Promise<void>
}

export interface BellKit {
  link(): Promise<Link>
  /** The name of notifications. */
  readonly channel: string
  readonly clock: Clock
  /** Tells apart what this process itself said. */
  readonly self: string
  hear(): void
  /** False: nothing is said or heard, and everybody polls. */
  readonly isOn: boolean
}

/** Rings of one process that others hear, a second: a notification is a transaction of its own. */
const everyMs = 12
/** A server that is back is heard again as soon as workers call it again. */
const retryMs = { first: 250, most: 500 }
/**
 * So often the connection that listens tells itself something, and hears it, or is given up: it may have fallen silent, or a pooler
 * may have taken its server away.
 */
const test = { everyMs: 30_000, patienceMs: 5_000, restMs: 60_000 }

/** Notifications on a connection of their own. Hints: those that are lost cost a poll. */
export function bellOf(kit: BellKit): Bell {
  const { clock, isOn } = kit
  const ear = earOf(kit)
  let isResting = false
  let isDue = false
  let isClosed = false
  const say = async (): Promise<void> => {
    isDue = false
    isResting = true
    clock.after(everyMs, rested, { idle: true })
    try {
      // Nothing is lost with it that a poll does not find, so no disk has to be waited for.
      await (await kit.link()).query(
        `select pg_notify($1, $2)::text || set_config('synchronous_commit', 'off', true) as answer`,
        [kit.channel, kit.self],
      )
    } catch {
      // A hint that could not be given.
    }
  }
  function rested(): void {
    isResting = false
    if (isDue && !isClosed) void say()
  }
  return {
    ring() {
      kit.hear()
      if (!isOn || isClosed) return
      if (isResting) isDue = true
      else void say()
    },
    listen: (on) => void (isOn && !isClosed && (on ? ear.open() : ear.close())),
    async close() {
      isClosed = true
      await ear.close()
    },
  }
}

/** Hears what other processes say, and connects anew when the connection breaks. */
function earOf({ link, channel, clock, self, hear }: BellKit) {
  let client: ListeningClient | undefined
  let isOpen = false
  /** Which opening it is: who has begun to connect for an earlier one goes no further. */
  let opening = 0
  let cancel = () => {}
  let waitMs = retryMs.first
  const echo = `legwork ${self}`
  async function connect(): Promise<void> {
    const mine = opening
    const way = await link()
    if (!isOpen || mine !== opening) return
    const fresh = way.listener()
    if (!fresh) return
    client = fresh
    fresh.on('error', () => lost(fresh))
    fresh.on('end', () => lost(fresh))
    fresh.on('notification', (said: { channel?: string; payload?: string }) => {
      if (client !== fresh) return
      if (said.channel === echo) plan(test.everyMs, () => tryOut(fresh))
      else if (said.payload !== self) hear()
    })
    try {
      await fresh.connect()
      for (const name of [channel, echo]) await fresh.query(`listen "${name.replaceAll('"', '""')}"`)
      waitMs = retryMs.first
      // What was said while nobody listened.
      hear()
      tryOut(fresh)
    } catch {
      lost(fresh)
    }
  }
  function tryOut(one: ListeningClient): void {
    // Where nothing is ever heard, polling does it all, and trying again soon would be no use.
    plan(test.patienceMs, () => lost(one, test.restMs))
    one.query('select pg_notify($1, $2)', [echo, '']).catch(() => lost(one))
  }
  function plan(ms: number, then: () => void): void {
    cancel()
    cancel = clock.after(ms, then, { idle: true })
  }
  function lost(one: ListeningClient, ms = waitMs): void {
    if (client !== one) return
    client = undefined
    void hangUp(one, 0)
    if (!isOpen) return
    plan(ms, () => void connect().catch(() => {}))
    waitMs = Math.min(retryMs.most, waitMs * 2)
  }
  return {
    open(): void {
      if (isOpen) return
      isOpen = true
      opening += 1
      void connect().catch(() => {})
    },
    async close(): Promise<void> {
      isOpen = false
      cancel()
      const old = client
      client = undefined
      if (old) await hangUp(old, farewellMs)
    },
  }
}

const farewellMs = 1_000

/** Ends a connection, also one that is silent and would never confirm it. */
async function hangUp(client: ListeningClient, patienceMs: number): Promise<void> {
  const late = () => new Error('no answer to the end of a connection')
  await within(realClock, patienceMs, { call: client.end(), late }).catch(() => {})
  client.connection?.stream?.destroy()
}
