// A handler's effect and the completion of its job in one transaction, on a file; on Postgres see test/life/postgres-tx.test.ts.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fixed, legwork, task } from 'legwork'
import { type Database, openDatabase, sqlite } from 'legwork/sqlite'
import { testApp } from 'legwork/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bank, commitStories } from './fixtures/commit-stories.ts'
import { freshFolder } from './fixtures/houses.mjs'
import { silent } from './stage-kit.ts'

describe('on a file', () => {
  const folder = freshFolder('legwork-commit-')
  const path = join(folder, 'bank.db')
  let db: Database
  const bank: Bank = {
    app: async () => {
      const app = legwork({ store: sqlite(path), log: silent })
      await app.durability()
      return app
    },
    async transaction(work) {
      db.exec('begin immediate')
      try {
        const answer = await work(db)
        db.exec('commit')
        return answer
      } catch (error) {
        db.exec('rollback')
        throw error
      }
    },
    pay: async (_tx, name) => db.prepare('insert into payment (name) values (?)').run(name),
    paid: async (name) => db.prepare('select 1 from payment where name = ?').all(name).length,
  }
  beforeAll(async () => {
    db = await openDatabase(path)
    db.exec('create table payment (name text)')
  })
  afterAll(() => {
    db.close()
    rmSync(folder, { recursive: true, force: true })
  })
  commitStories(() => bank)
})

test('in memory there is no transaction to join', async () => {
  const one = task('one', { retry: { attempts: 1, backoff: fixed('1s') } })
  await using t = testApp(legwork().handle(one, async ({ commit }) => commit({})))
  const job = await t.enqueue(one, undefined)
  await t.drain()
  expect(await job.status()).toMatchObject({
    state: 'dead',
    error: { message: expect.stringMatching(/LW1014/) },
  })
})
