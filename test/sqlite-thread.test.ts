// The store's threads: one that dies hangs no call, and one moves pages from the log into the file.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { legwork, task, unchecked } from 'legwork'
import { openDatabase } from 'legwork/sqlite'
import { expect, onTestFinished, test } from 'vitest'

/** The thread that was spoken to last. */
function lastThread(): () => Worker {
  const spoken: Worker[] = []
  const post = Worker.prototype.postMessage
  Worker.prototype.postMessage = function (this: Worker, ...message: Parameters<typeof post>) {
    spoken.push(this)
    return post.apply(this, message)
  }
  onTestFinished(() => {
    Worker.prototype.postMessage = post
  })
  return () => spoken.at(-1) as Worker
}

test('a thread that dies refuses what is under way, and jobs and results go on with a new one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-thread-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const thread = lastThread()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const app = legwork({ store: join(folder, 'jobs.db'), log })
  const double = task('double', { input: unchecked<number>(), output: unchecked<number>() })
  app.handle(double, ({ input }) => input * 2)
  await app.start({ lease: '2s', beat: '200ms' })
  expect(await app.run(double, 1)).toBe(2)

  const store = await app.store()
  const dying = thread()
  const underWay = expect(store.counts()).rejects.toMatchObject({ code: 'LW1007' })
  await dying.terminate()
  await underWay
  expect(await app.run(double, 21, { timeout: '20s' })).toBe(42)
  expect(thread()).not.toBe(dying)
  await app.stop()
})

test('the write-ahead log does not grow for ever: what commits left there is moved into the file meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'jobs.db')
  const app = legwork(path)
  onTestFinished(() => app.stop())
  const big = task('big', { input: unchecked<string>() })
  const text = 'x'.repeat(1_000_000)
  await app.enqueue(big, text)
  const db = await openDatabase(path)
  onTestFinished(() => db.close())
  const look = db.prepare('pragma wal_checkpoint(noop)')
  const pages = () => (look.get() as { log: number }).log
  let longest = 0
  // It begins again when all of it was moved.
  for (let last = 0; pages() >= last; last = longest) {
    longest = pages()
    expect(longest).toBeLessThan(30_000)
    await app.enqueue(big, text)
  }
  expect(longest).toBeGreaterThan(8_000)
})
