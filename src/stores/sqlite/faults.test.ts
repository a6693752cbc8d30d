import { expect, test } from 'vitest'
import { StoreError } from '../../job/errors.ts'
import { driver, type Value } from './driver.ts'
import { isAboutValues, isStale } from './faults.ts'

async function thrownBy(...values: unknown[]): Promise<unknown> {
  const { DatabaseSync } = await driver()
  const db = new DatabaseSync(':memory:')
  try {
    db.exec('create table a (id integer primary key, n integer not null) strict')
    db.prepare('insert into a values (?, ?)').run(...(values as Value[]))
  } catch (error) {
    return error
  } finally {
    db.close()
  }
  throw new Error('it was taken')
}

test('what SQLite and its driver say of a value is about that value', async () => {
  for (const values of [
    [1, undefined],
    [1, () => 1],
    [1, 2n ** 70n],
    [1, 'text'],
    ['text', 1],
    [1, 2, 3],
  ])
    expect(isAboutValues(await thrownBy(...values)), String(values[1])).toBe(true)
})

test('a mistake of ours, a broken rule and a failed disk are not', async () => {
  expect(isAboutValues(await thrownBy(1, null))).toBe(false)
  for (const errcode of [1, 5, 10, 11, 13, 517]) expect(isAboutValues({ errcode })).toBe(false)
  expect(isAboutValues(new TypeError("Cannot read properties of undefined (reading 'id')"))).toBe(false)
  expect(isAboutValues(new StoreError('LW1007', 'cannot be bound'))).toBe(false)
  expect(isAboutValues(undefined)).toBe(false)
})

test('a stale transaction is told apart from a lock', () => {
  expect([517, 5, 261].map((errcode) => isStale({ errcode }))).toEqual([true, false, false])
})
