import { redis } from 'legwork/redis'
import { clock, compare } from '../fixtures/model-play.ts'
import { sharedRedis } from '../fixtures/redis-server.mjs'

let stores = 0

compare({
  name: 'Redis',
  sequences: Number(process.env['LEGWORK_SEQUENCES'] ?? 300),
  /** Keys of its own. */
  async fresh() {
    const { url } = await sharedRedis()
    const opened = redis({ url, prefix: `model-${++stores}`, clock })
    await opened.open()
    return opened
  },
})
