import type { Clock } from '../../job/clock.ts'
import { StoreError } from '../../job/errors.ts'
import type { Part } from './part.ts'
import type { Places } from './place.ts'
import type { Whereabouts } from './whereabouts.ts'

/** What every verb works with. */
export interface Kit {
  readonly parts: readonly Part[]
  readonly places: Places
  readonly ids: Whereabouts
  readonly clock: Clock
}

export const partAt = ({ parts }: Kit, index: number): Part => parts[index] as Part

/** The part that a queue lives in. */
export const homePart = (kit: Kit, queue: string): Part => partAt(kit, kit.places.homeOf(queue))

/** The parts that may have what is of a queue; all of them where none is named. */
export function partsOf({ parts, places }: Kit, queue: string | undefined): readonly Part[] {
  if (queue === undefined) return parts
  const hosts = places.hosts([queue])
  return parts.filter(({ index }) => hosts.includes(index))
}

/** What cannot be done across partitions. */
export const across = (message: string, details: Record<string, unknown> = {}): StoreError =>
  new StoreError('LW1031', message, details)

/** The places of items in groups, in their order. */
export function groups<Key>(keys: readonly Key[]): ReadonlyMap<Key, readonly number[]> {
  const found = new Map<Key, number[]>()
  keys.forEach((key, i) => {
    const group = found.get(key)
    if (group) group.push(i)
    else found.set(key, [i])
  })
  return found
}
