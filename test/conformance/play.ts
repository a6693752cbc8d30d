// Plays promises on a store of this package, each on a fresh one.
import { keep, promises } from 'legwork/conformance'
import { test } from 'vitest'
import { houses as own, otherHouses } from '../fixtures/houses.mjs'

const houses = { ...own, ...otherHouses }
type Promised = (typeof promises)[number]

/** Those of level L2 start processes one after the other; all else waits mostly for threads, so several stories go on at once. */
export function play(house: keyof typeof houses, picks: (promised: Promised) => boolean): void {
  for (const promised of promises.filter(picks)) {
    const story = promised.level === 'L2' ? test : test.concurrent
    story(`${promised.id}: ${promised.promise}`, async ({ skip }) => {
      const result = await keep(promised, houses[house])
      if (result.verdict === 'broken') throw result.error
      if (result.verdict === 'not exercised') skip(result.reason)
    })
  }
}

export const withProcesses = ({ level }: Promised): boolean => level === 'L2'
export const withoutProcesses = ({ level }: Promised): boolean => level !== 'L2'

const early = new Set(promises.slice(0, promises.length / 2))
/** A store with a thread takes long to make: its promises are in two files, which run side by side. */
export const firstHalf = (one: Promised): boolean => withoutProcesses(one) && early.has(one)
export const secondHalf = (one: Promised): boolean => withoutProcesses(one) && !early.has(one)

const familyOf = ({ id }: Promised): string | undefined => id.split('.')[0]
/** The first of every family of promises, and each eighth after it. */
export const some = (one: Promised): boolean => {
  const family = promises.filter((other) => withoutProcesses(other) && familyOf(other) === familyOf(one))
  return family.indexOf(one) % 8 === 0
}
