import type { Enqueued, NewJob } from '../../job/job.ts'
import { queryOf, wrong } from './clients.ts'
import { type Engine, callOn } from './engine.ts'
import { enqueueOn } from './enqueue.ts'
import { codeOf, toStoreError } from './faults.ts'

export interface TxKit {
  readonly schema: string
  readonly where: string
  readonly channel: string
  readonly clock: Engine['clock']
  readonly allOrNone: boolean
}

/**
 * Enqueues on the caller's own connection, in its open transaction: the jobs exist when it commits, and never existed
 * when it rolls back. @throws {StoreError} LW1014 when `tx` will not do.
 */
export async function enqueueIn(
  tx: unknown,
  jobs: readonly NewJob[],
  { schema, where, channel, clock, allOrNone }: TxKit,
): Promise<readonly Enqueued[]> {
  const query = queryOf(tx)
  try {
    return await enqueueOn((verb, arg) => callOn({ query, schema, clock }, verb, arg), jobs, allOrNone, {
      notify: channel,
    })
  } catch (error) {
    if (codeOf(error) === '25P02') throw wrong('the transaction has failed before. Roll it back')
    throw toStoreError(error, where)
  }
}
