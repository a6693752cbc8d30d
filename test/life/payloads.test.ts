// Keys that change and releases that differ, with real processes on one file.
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { type Keys, legwork, task, unchecked } from 'legwork'
import { expect, onTestFinished, test } from 'vitest'
import { filesWith, newKey, place } from '../payload-kit.ts'

const canary = 'canary-0815-that-nobody-may-read'
const secret = task('secret', {
  input: unchecked<unknown>(),
  output: unchecked<{ n: number }>(),
  encrypt: ['text'],
})

interface Told {
  readonly ready?: true
  readonly produced?: true
  readonly id?: string
  readonly ran?: number
  readonly version?: number
  readonly brought?: number
}

function member(options: object, ...more: readonly (string | number)[]) {
  const args = [JSON.stringify(options), ...more.map(String)]
  const child: ChildProcess = fork('test/life/fixtures/payload-member.mjs', args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const told: Told[] = []
  const looks = new Set<() => void>()
  child.on('message', (message) => {
    told.push(message as Told)
    for (const look of looks) look()
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const until = (fits: () => boolean, what: string) =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), 90_000)
      const look = () => {
        if (!fits()) return
        clearTimeout(late)
        looks.delete(look)
        resolve()
      }
      looks.add(look)
      look()
    })
  const saw = (fits: (message: Told) => boolean) =>
    until(() => told.some(fits), JSON.stringify(options).slice(0, 200))
  return {
    told,
    until,
    saw,
    async stop() {
      child.send('stop')
      await gone
    },
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

test('changing the key under load loses nothing, and the file never holds a word of it', async () => {
  const dir = place()
  const file = join(dir, 'jobs.db')
  const [k1, k2] = [newKey(), newKey()]
  const [old, both, fresh]: Keys[] = [
    { active: 'k1', k1, k2 },
    { active: 'k2', k1, k2 },
    { active: 'k2', k2 },
  ]
  const count = 1_000
  const workers = [member({ file, role: 'work', keys: old }), member({ file, role: 'work', keys: both })]
  await Promise.all(workers.map(({ saw }) => saw(({ ready }) => ready === true)))
  const early = member({ file, role: 'produce', keys: old }, canary, 0, count)
  await early.until(() => early.told.filter(({ id }) => id !== undefined).length > count / 4, 'the load')

  // New producers take the new key while the old ones go on; the walk runs beside both, and a worker is killed in it.
  const late = member({ file, role: 'produce', keys: both }, canary, count, count)
  const changer = legwork({ store: file, keys: both as Keys })
  let rekeyed = 0
  const walk = async () => {
    const done = await changer.rekey()
    expect(done.missing).toEqual({})
    rekeyed += done.rekeyed
    return done.rekeyed
  }
  await walk()
  await workers[0]?.kill()
  await Promise.all([early, late].map(({ saw }) => saw(({ produced }) => produced === true)))
  // The old producer may have been at it behind the first walk.
  while ((await walk()) > 0);
  expect(rekeyed).toBeGreaterThan(count / 4)
  const ids = [...early.told, ...late.told].flatMap(({ id }) => id ?? [])
  expect(new Set(ids).size).toBe(2 * count)
  await workers[1]?.stop()
  await changer.stop()

  // From here on the old key is gone.
  const last = member({ file, role: 'work', keys: fresh })
  const reader = legwork({ store: file, keys: fresh as Keys })
  const results = await Promise.all(ids.map((id) => reader.job(id, secret).result({ timeout: '90s' })))
  expect(results.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 2 * count }, (_, n) => n),
  )
  const store = await reader.store()
  for (let i = 0; i < ids.length; i += 500)
    for (const job of await store.get(ids.slice(i, i + 500)))
      expect(JSON.parse(job?.payload as string).$legwork.key.kid).toBe('k2')
  expect(filesWith(dir, canary), 'while it is open, -wal included').toEqual([])
  expect(filesWith(dir, 'A256GCM')).not.toEqual([])
  await last.stop()
  await reader.stop()
  expect(filesWith(dir, canary)).toEqual([])
})

test('two releases at once: the old one never runs a newer payload, none is lost, nothing stalls behind', async () => {
  const dir = place()
  const file = join(dir, 'jobs.db')
  const k1 = newKey()
  const keys: Keys = { active: 'k1', k1 }
  const older = member({ file, role: 'work', keys, version: 1 })
  await older.saw(({ ready }) => ready === true)
  const [first, second] = [
    member({ file, role: 'produce', keys, version: 2 }, 'new', 0, 200),
    member({ file, role: 'produce', keys, version: 1 }, 'old', 1_000, 200),
  ]
  // All jobs that it can run, though newer ones stand in line before and between them.
  await older.until(() => older.told.filter(({ ran }) => ran !== undefined).length === 200, 'the older jobs')
  await first.saw(({ produced }) => produced === true)
  const watcher = legwork({ store: file, keys })
  const newJob = first.told.find(({ id }) => id !== undefined)?.id as string
  expect((await watcher.why(newJob)).text).toBe(
    'waits for a worker that knows version 2 of secret; 1 live worker knows 1',
  )
  const newer = member({ file, role: 'work', keys, version: 2 })
  await newer.until(() => newer.told.filter(({ ran }) => ran !== undefined).length === 200, 'the newer jobs')
  const ran = (one: typeof newer) => one.told.flatMap(({ ran: n }) => n ?? []).toSorted((a, b) => a - b)
  expect(ran(older)).toEqual(Array.from({ length: 200 }, (_, n) => 1_000 + n))
  expect(ran(newer)).toEqual(Array.from({ length: 200 }, (_, n) => n))
  const all = [...first.told, ...second.told].flatMap(({ id }) => id ?? [])
  const results = await Promise.all(all.map((id) => watcher.job(id, secret).result({ timeout: '30s' })))
  expect(results).toHaveLength(400)
  // A late job of the old release is brought up by the new one.
  await older.stop()
  const late = member({ file, role: 'produce', keys, version: 1 }, 'late', 5_000, 1)
  await late.saw(({ produced }) => produced === true)
  await newer.saw(({ ran: n, brought }) => n === 5_000 && brought === 2)
  await newer.stop()
  await watcher.stop()
})
