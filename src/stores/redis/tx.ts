import { StoreError } from '../../job/errors.ts'

/** Redis has no transactions that another client could join. @throws {StoreError} LW1014 */
export function refuseTx(): never {
  throw new StoreError(
    'LW1014',
    'a Redis store cannot join a transaction. Enqueue after your own commit, with an id of your own so that it may be repeated.',
  )
}
