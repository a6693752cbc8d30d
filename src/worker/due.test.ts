import { legwork, task } from 'legwork'
import { memory } from 'legwork/memory'
import { expect, onTestFinished, test } from 'vitest'

// A store on another machine, whose clock differs from this one's.
test.each([-60_000, 60_000])(
  'a job that is due soon by the store runs then, whatever clock the worker has: %i ms',
  async (offMs) => {
    const own = memory()
    const moved = <T extends { now: number; nextDueAt?: number }>(told: T): T => ({
      ...told,
      now: told.now + offMs,
      ...(told.nextDueAt !== undefined && { nextDueAt: told.nextDueAt + offMs }),
    })
    const store = {
      ...own,
      exchange: async (...args: Parameters<typeof own.exchange>) => {
        const { settled, claimed } = await own.exchange(...args)
        return { settled, claimed: moved(claimed) }
      },
    }
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const app = legwork({ store, log, pace: { pollMs: 20_000, tendMs: 20_000 } })
    onTestFinished(() => app.stop())
    const soon = task('soon')
    const ran = new Promise<number>((resolve) => app.handle(soon, async () => resolve(performance.now())))
    await app.start()
    const from = performance.now()
    await app.enqueue(soon, undefined, { delay: '2s' })
    expect((await ran) - from).toBeLessThan(4_000)
  },
)
