// What an edit through the app makes of a unique key, and of a payload of an older release.
import { legwork, NotUnique, task, unchecked } from 'legwork'
import { memory } from 'legwork/memory'
import { sqlite } from 'legwork/sqlite'
import type { Store } from 'legwork/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { join } from 'node:path'
import { freshFolder } from './fixtures/houses.mjs'

const stores: Readonly<Record<string, () => Store>> = {
  memory: () => memory(),
  sqlite: () => sqlite({ path: join(freshFolder('legwork-edit-'), 'jobs.db'), durability: 'process-safe' }),
}
const key = Buffer.alloc(32, 7).toString('base64')
const input = z.object({ user: z.string(), kind: z.string() })
const byUser = { by: (i: { user: string }) => i.user }
const bob = (i: z.infer<typeof input>) => ({ ...i, user: 'bob' })

describe.each(Object.entries(stores))('edits on %s', (_name, make) => {
  function open(options: object = {}) {
    const app = legwork({ store: make(), ...options })
    onTestFinished(() => app.stop({ grace: 0 }))
    return app
  }

  test.each(['plain', 'encrypted'])('the unique key is computed anew: %s', async (how) => {
    const mail = task('mail', {
      input,
      unique: byUser,
      ...(how === 'encrypted' && { encrypt: true as const }),
    })
    const app = open(how === 'encrypted' ? { keys: { active: 'k1', k1: key } } : {})
    const first = await app.enqueue(mail, { user: 'ada', kind: 'a' })
    expect(await app.edit(first.id, bob, { task: mail })).toBe('done')
    expect((await app.enqueue(mail, { user: 'bob', kind: 'b' })).id).toBe(first.id)
    const second = await app.enqueue(mail, { user: 'ada', kind: 'c' })
    expect(second.duplicate).toBe(false)

    const refused = app.edit(second.id, bob, { task: mail })
    await expect(refused).rejects.toThrow(NotUnique)
    await expect(refused).rejects.toMatchObject({ code: 'LW1209', details: { twin: first.id } })
    expect(await app.edit(second.id, (i) => ({ ...i, kind: 'other' }), { task: mail })).toBe('done')
  })

  test('a key of the caller’s own stays, a key of the whole input follows it, and a key that is none is refused', async () => {
    const mail = task('mail', { input, unique: byUser })
    const app = open()
    const own = await app.enqueue(mail, { user: 'ada', kind: 'a' }, { unique: { key: 'mine' } })
    await app.edit(own.id, bob, { task: mail })
    const again = await app.enqueue(mail, { user: 'eve', kind: 'a' }, { unique: { key: 'mine' } })
    expect(again.id).toBe(own.id)

    const whole = task('whole', { input, unique: true })
    const one = await app.enqueue(whole, { user: 'ada', kind: 'a' })
    await app.edit(one.id, bob, { task: whole })
    expect((await app.enqueue(whole, { kind: 'a', user: 'bob' })).id).toBe(one.id)

    const held = await app.enqueue(mail, { user: 'zoe', kind: 'a' })
    const empty = app.edit(held.id, (i) => ({ ...i, user: '' }), { task: mail })
    await expect(empty).rejects.toMatchObject({ code: 'LW1210' })
    expect((await app.enqueue(mail, { user: 'zoe', kind: 'b' })).id).toBe(held.id)
  })

  test('an edit sees the input in the shape of its task, and what no upcaster brings there as it is', async () => {
    const app = open()
    const old = task('order', { input: unchecked<{ name: string }>() })
    const jobs = await app.enqueueMany(old, [{ name: 'ada' }, { name: '' }])
    const shape = z.object({ names: z.array(z.string().min(1)) })
    const upcast = {
      1: ({ name }: { name: string }) => {
        if (name === '') throw new Error('no name')
        return { names: [name] }
      },
    }
    const now = task('order', { version: 2, input: shape, upcast })
    const seen: unknown[] = []
    const add = (i: z.infer<typeof shape>) => {
      seen.push(i)
      return { names: [...(i.names ?? ['unknown']), 'bob'] }
    }
    for (const { id } of jobs) expect(await app.edit(id, add, { task: now })).toBe('done')
    expect(seen).toEqual([{ names: ['ada'] }, { name: '' }])
    const store = await app.store()
    const found = await store.get(jobs.map(({ id }) => id))
    expect(found.map((job) => [job?.version, job?.payload])).toEqual([
      [2, '{"names":["ada","bob"]}'],
      [2, '{"names":["unknown","bob"]}'],
    ])
    const late = app.edit(jobs[0]?.id ?? '', (i) => i, { task: old })
    await expect(late).rejects.toMatchObject({ code: 'LW2302', details: { version: 2, known: 1 } })
  })
})
