// A short torture on a Redis server that is itself killed and started again; `npm run torture -- --engine redis` is the long one.
import { afterAll, expect, test } from 'vitest'
import { torture } from '../../torture/torture.mjs'
import { startRedis } from '../fixtures/redis-server.mjs'

let running = await startRedis()
afterAll(() => running.stop())

test('workers and the server are killed: nothing is lost, nothing settled twice', async () => {
  const server = {
    url: running.url,
    async restart() {
      await running.stop({ keep: true })
      running = await startRedis({ port: running.port, folder: running.folder })
    },
  }
  const seen = await torture({
    jobs: 4_000,
    seconds: 8,
    kills: 2,
    freezes: 0,
    runningAtKill: 20,
    server,
    restarts: 1,
  })
  expect(seen.violations.map(({ rule, says }) => `${rule}: ${says}`)).toEqual([])
  expect(seen.kills).toHaveLength(2)
  expect(seen.restarts).toBe(1)
  expect(seen.backMs[0]).toBeLessThan(2_000)
  seen.clean?.()
})
