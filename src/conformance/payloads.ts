import assert from 'node:assert/strict'
import { theme } from './promise.ts'

/** Payloads that are rewritten in their place. */
export const payloadPromises = theme('payloads', 'L0', [
  [
    'replace',
    'a payload is replaced where it is still the one that was read, and nothing else of its job changes',
    async ({ addMany, store }) => {
      const [a = '', b = ''] = await addMany(2)
      const [before] = await store.get([a], { attempts: true })
      const was = before?.payload ?? ''
      const answers = await store.payloads.replace([
        { id: a, was, now: '{"to":"eve"}' },
        { id: b, was: '"another"', now: '1' },
        { id: 'nobody', was, now: '1' },
        { id: a, was, now: '2' },
      ])
      assert.deepEqual(answers, ['done', 'changed', 'gone', 'changed'])
      const [after, other] = await store.get([a, b], { attempts: true })
      assert.deepEqual(after, { ...before, payload: '{"to":"eve"}' })
      assert.equal(other?.payload, was)
    },
  ],
  [
    'replace-any-state',
    'a payload is replaced whatever the state of its job, and a holder goes on as if nothing had been',
    async ({ addMany, hand, store, clock }) => {
      const [waiting = '', ...rest] = await addMany(3)
      await clock.advance(1)
      const worker = await hand()
      const { jobs } = await worker.claim(2)
      const [first, second] = jobs
      assert.ok(first && second)
      await worker.settle(first, 'complete', { result: '1' })
      const ids = [waiting, ...rest]
      const changes = ids.map((id) => ({ id, was: first.payload, now: '"new"' }))
      assert.deepEqual(await store.payloads.replace(changes), ['done', 'done', 'done'])
      assert.equal(await worker.settle(second, 'complete'), 'applied')
      const payloads = (await store.get(ids)).map((job) => job?.payload)
      assert.deepEqual(payloads, ['"new"', '"new"', '"new"'])
      const last = await worker.claim(1)
      assert.equal(last.jobs[0]?.payload, '"new"')
    },
  ],
  [
    'place',
    'the place of a walk is kept by its name until it is forgotten',
    async ({ store, house }) => {
      const { payloads } = store
      assert.equal(await payloads.placeOf('rekey:k1'), undefined)
      await payloads.keepPlace('rekey:k1', '17')
      await payloads.keepPlace('rekey:k1', '16')
      await payloads.keepPlace('rekey:k2', '5')
      if (store.can.shared) assert.equal(await (await house.open()).payloads.placeOf('rekey:k1'), '16')
      await payloads.keepPlace('rekey:k1', null)
      assert.equal(await payloads.placeOf('rekey:k1'), undefined)
      assert.equal(await payloads.placeOf('rekey:k2'), '5')
    },
  ],
])
