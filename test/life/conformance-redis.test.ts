// The promises on the other ways to a Redis store: a cluster, partitions on it, and the other client library.
import { describe } from 'vitest'
import { play, withoutProcesses, withProcesses } from '../conformance/play.ts'

describe('redis-cluster', () => {
  play('redis-cluster', withoutProcesses)
  play('redis-cluster', withProcesses)
})
describe('redis-partitions', () => {
  play('redis-partitions', withoutProcesses)
  play('redis-partitions', withProcesses)
})
describe('node-redis', () => play('node-redis', withoutProcesses))
