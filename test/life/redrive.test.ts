// A redrive outlives the processes that drive it: stopped, killed and resumed, it brings each dead letter back once.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Dead, legwork, task, unchecked } from 'legwork'
import { expect, onTestFinished, test } from 'vitest'
import { main } from '../cli-kit.ts'
import { bury } from '../dead-kit.ts'

const count = 2_000
const mail = task('mail', { input: unchecked<{ to: string }>() })

function house() {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-redrive-'))
  const file = join(folder, 'jobs.db')
  const app = legwork({ store: file, pace: { pollMs: 50, tendMs: 500 } })
  const children: ChildProcess[] = []
  const cli = (...args: string[]) => {
    const child = spawn(process.execPath, [main, 'dead', ...args, '--url', file, '--json'])
    children.push(child)
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => void (out += chunk.toString()))
    const ended = new Promise<{ code: number | null; out: string }>((done) =>
      child.once('close', (code) => done({ code, out })),
    )
    return { child, ended }
  }
  onTestFinished(async () => {
    for (const child of children) child.kill('SIGKILL')
    await app.stop({ grace: 0 })
    rmSync(folder, { recursive: true, force: true })
  })
  const progress = async () => (await app.bulks())[0]
  const until = async (isSo: (done: number) => boolean) => {
    for (;;) {
      const now = await progress()
      if (now && isSo(now.done)) return now
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return { app, cli, progress, until }
}

test('a redrive at 400/s that is stopped, killed and resumed, and killed again, brings each back once', async () => {
  const { app, cli, progress, until } = house()
  const store = await app.store()
  await bury(store, count)
  const ran = new Map<string, number>()
  // Each dies again: whoever took it twice would run it twice.
  app.handle(mail, ({ job }) => {
    ran.set(job.id, (ran.get(job.id) ?? 0) + 1)
    throw new Dead('it is still broken')
  })
  await app.start({ concurrency: 50 })
  const first = cli('redrive', '--error', 'ETIMEDOUT', '--rate', '400/s')
  const { id } = await until((done) => done > 200)
  const stopped = await cli('stop', id).ended
  expect(JSON.parse(stopped.out)).toMatchObject({ items: [{ id, state: 'stopped' }] })
  first.child.kill('SIGKILL')
  await first.ended
  const at = (await progress())?.done ?? 0
  expect(at).toBeLessThan(count)
  // Nobody goes on with what a person has stopped, whatever they tend meanwhile.
  await store.tend(100)
  expect(await progress()).toMatchObject({ state: 'stopped', done: at })
  const second = cli('resume', id)
  await until((done) => done > at + 300)
  second.child.kill('SIGKILL')
  await second.ended
  expect((await progress())?.state).toBe('running')
  const third = await cli('resume', id).ended
  expect(third.code).toBe(0)
  expect(JSON.parse(third.out)).toMatchObject({ id, state: 'done', done: count, skipped: 0, failed: 0 })
  while (ran.size < count) await new Promise((resolve) => setTimeout(resolve, 20))
  expect([...ran.values()].filter((times) => times !== 1)).toEqual([])
  while (((await app.failures()).find(({ name }) => name === 'Dead')?.total ?? 0) < count)
    await new Promise((resolve) => setTimeout(resolve, 20))
  expect((await app.failures()).find(({ name }) => name === 'Dead')).toMatchObject({ count, total: count })
})

test('a worker goes on with a redrive whose process was killed and that nobody resumed', async () => {
  const { app, cli, until } = house()
  await bury(await app.store(), 300)
  app.handle(mail, () => {})
  const { child, ended } = cli('redrive', '--all', '--rate', '100/s')
  await until((done) => done > 30)
  child.kill('SIGKILL')
  await ended
  await app.start()
  const { id } = await until((done) => done === 300)
  expect(await app.bulk(id).wait({ timeout: '10s' })).toMatchObject({ state: 'done', done: 300, skipped: 0 })
})

test('Ctrl-C stops a redrive durably and says how to go on', async () => {
  const { app, cli, until } = house()
  await bury(await app.store(), 100)
  const { child, ended } = cli('redrive', '--all', '--rate', '20/s')
  const { id } = await until((done) => done > 0)
  child.kill('SIGINT')
  const { code, out } = await ended
  expect(code).toBe(130)
  expect(JSON.parse(out)).toMatchObject({ id, state: 'stopped', note: 'Ctrl-C' })
  expect(await app.bulk(id).progress()).toMatchObject({ state: 'stopped' })
})
