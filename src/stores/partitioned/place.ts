import { idShard, shardCount, textShard } from '../../job/id.ts'
import type { NewJob } from '../../job/job.ts'

/** Which partition has what. Every process computes it alike, so the number and the spread queues stand in the store. */
export interface Places {
  readonly count: number
  readonly hasSpread: boolean
  isSpread(queue: string): boolean
  /** The partition that has a queue with all that belongs to it; of a spread queue its schedules and what is said of it. */
  homeOf(queue: string): number
  /** Where an id, as a name, is kept. */
  ofId(id: string): number
  /** Where jobs that have this unique key are, in a spread queue. */
  ofKey(key: string): number
  /** Where a new job goes. */
  of(job: Pick<NewJob, 'id' | 'queue' | 'unique'>): number
  /** Which partitions may have jobs of these queues. */
  hosts(queues: readonly string[]): readonly number[]
}

/** Each partition has an equal stretch of the shards. */
export function placesOf(count: number, spread: readonly string[]): Places {
  const names = new Set(spread)
  const all = Array.from({ length: count }, (_, i) => i)
  const at = (shard: number) => Math.floor((shard * count) / shardCount)
  const isSpread = (queue: string) => names.has(queue)
  const homeOf = (queue: string) => at(textShard(queue))
  const ofKey = (key: string) => at(textShard(key))
  return {
    count,
    hasSpread: names.size > 0,
    isSpread,
    homeOf,
    ofKey,
    ofId: (id) => at(idShard(id)),
    of({ id, queue, unique }) {
      if (!isSpread(queue)) return homeOf(queue)
      return unique ? ofKey(unique.key) : at(idShard(id))
    },
    hosts: (queues) => (queues.some(isSpread) ? all : [...new Set(queues.map(homeOf))]),
  }
}
