// The promises on the other ways to a Redis store: a cluster, and the other client library.
import { describe } from 'vitest'
import { play, withoutProcesses, withProcesses } from '../conformance/play.ts'

describe('redis-cluster', () => {
  play('redis-cluster', withoutProcesses)
  play('redis-cluster', withProcesses)
})
describe('node-redis', () => play('node-redis', withoutProcesses))
