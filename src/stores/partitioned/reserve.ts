import { sleep } from '../../job/clock.ts'
import { StoreError } from '../../job/errors.ts'
import type { Named } from '../../store/index.ts'
import { realClock } from '../../world.ts'
import { groups, type Kit, partAt } from './kit.ts'

/** A name that is to belong to a partition: `isThere` tells whether what it names is in another one. */
export interface Wanted {
  readonly name: string
  readonly part: number
  isThere(part: number): Promise<boolean>
}

/** `undefined`: it belongs to the partition that wanted it. A number: to that one, which has what it names. */
export type Reserved = number | undefined

/** Whoever took a name writes what it names at once: within this time, or not at all. */
const writeMs = 5_000
/** From then on a name without what it names is nobody's: longer than a write and a call that was late may take. */
export const graceMs = 60_000

/**
 * Makes names belong to one partition each, so that what bears them is in no other one. Whoever dies between this and the write
 * leaves a name that stands for nothing; its partition may be taken over when the grace is over. Answers by position; an error is
 * that of one name. What is written must be written before `mayWrite` says no.
 */
export async function reserve(kit: Kit, wanted: readonly Wanted[]) {
  const since = kit.clock.monotonic()
  const places = wanted.map(({ name }) => kit.places.ofId(name))
  const reserved: (Reserved | Error)[] = []
  await Promise.all(
    [...groups(places)].map(async ([at, mine]) => {
      const asked = mine.map((i) => ({
        name: wanted[i]?.name ?? '',
        value: String(wanted[i]?.part),
      }))
      try {
        const told = await partAt(kit, at).call(async (store) => store.names?.take(asked) ?? [])
        await Promise.all(
          told.map(async (standing, n) => {
            const i = mine[n] as number
            reserved[i] = await decide(kit, { at, wanted: wanted[i] as Wanted, standing }).catch(asError)
          }),
        )
      } catch (error) {
        for (const i of mine) reserved[i] = asError(error)
      }
    }),
  )
  return { reserved, mayWrite: () => kit.clock.monotonic() - since < writeMs }
}

interface Case {
  readonly at: number
  readonly wanted: Wanted
  readonly standing: { readonly value: string; readonly agoMs: number }
}

async function decide(kit: Kit, { at, wanted, standing }: Case): Promise<Reserved> {
  const { name, part, isThere } = wanted
  let now = standing
  for (let tries = 0; tries < 5; tries++) {
    if (now.value === String(part)) return undefined
    const other = Number(now.value)
    if (await isThere(other)) return other
    const instead = now.agoMs > graceMs ? { instead: now.value } : {}
    // Whoever took it may be about to write: that is a matter of real time.
    if (now.agoMs <= graceMs) await sleep(realClock, 10 * 2 ** tries)
    const [next] = await partAt(kit, at).call(
      async (store) => store.names?.take([{ name, value: String(part), ...instead }]) ?? [],
    )
    if (!next) break
    now = next
  }
  throw busy(name)
}

export const busy = (name: string): StoreError =>
  new StoreError(
    'LW1033',
    `${name.slice(name.indexOf(' ') + 1)} was taken a moment ago by a call for another partition, which has not written it. Repeat the call in a minute.`,
    { name },
  )

/** The caller's own call has lasted too long for it to write what the name is for. */
export const tooLate = (name: string): StoreError =>
  new StoreError(
    'LW1032',
    `the partition that keeps the name ${name.slice(name.indexOf(' ') + 1)} took longer than ${writeMs / 1_000} s to answer, so nothing was written. Repeat the call.`,
    { name },
  )

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

/**
 * Forgets names of what is no longer there, some at a time. Those of what is there count as taken anew. True where it is worth
 * going on at once: half of what one partition showed was gone. So names are never more than twice what is there, and those of
 * an hour.
 */
export async function sweepNames(
  kit: Kit,
  isThere: (names: readonly Named[]) => Promise<readonly boolean[]>,
): Promise<boolean> {
  const ends = await Promise.allSettled(
    kit.parts.map((part) =>
      part.call(async ({ names }) => {
        const old = (await names?.unused(sweepMs, sweepMax)) ?? []
        if (!names || old.length === 0) return false
        const there = await isThere(old)
        const gone = old.filter((_, i) => !there[i])
        await names.take(old.filter((_, i) => there[i]))
        await names.drop(gone, sweepMs)
        return gone.length >= sweepMax / 2
      }),
    ),
  )
  return ends.some((end) => end.status === 'fulfilled' && end.value)
}

/** How long a name is left alone, and how many are looked at in one go. */
const sweepMs = 3_600_000
const sweepMax = 200
