import { LegworkError, StoreError } from '../job/errors.ts'

/** A new store needs its tables, and the caller's own transaction holds the lock that this takes. */
export function newStoreIn(error: unknown): unknown {
  if (!(error instanceof LegworkError) || error.code !== 'LW1013') return error
  const text =
    'the store is new and cannot be set up inside your transaction. Open it before: await app.durability()'
  return new StoreError('LW1014', text, {}, { cause: error })
}
