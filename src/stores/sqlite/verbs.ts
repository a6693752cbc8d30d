import type { Ask } from '../../store/contract.ts'
import { act } from './act.ts'
import { beat, leave } from './beat.ts'
import { changes } from './changes.ts'
import { claim, idleClaim } from './claim.ts'
import type { ClaimedRows } from './crossing/claims.ts'
import type { Ended, Endings } from './crossing/endings.ts'
import { bulkList, bulkPage, bulkSet, bulkStart, bulkStep } from './bulk.ts'
import { failuresList, failuresMark } from './dead.ts'
import type { Engine } from './engine.ts'
import { enqueue } from './enqueue.ts'
import { edit } from './edit.ts'
import { find } from './find.ts'
import { counts, get, workers } from './look.ts'
import { setQueues } from './queues.ts'
import { keepPlace, placeOf, replacePayloads } from './payloads.ts'
import { record } from './record.ts'
import { retentionGet, setRetention } from './retain.ts'
import { scheduleDue, scheduleFire, scheduleHistory, scheduleList, scheduleSet } from './schedules.ts'
import { size } from './size.ts'
import { settle } from './settle.ts'
import { idleTend, lapse, tend } from './tend.ts'

function exchange(e: Engine, endings: Endings, ask: Ask): Exchanged {
  return { settled: settle(e, ask.worker, endings), claimed: claim(e, ask) }
}

function idleExchange(e: Engine, endings: Endings, ask: Ask): Exchanged | undefined {
  const claimed = endings.n === 0 ? idleClaim(e, ask) : undefined
  return claimed && { settled: { applied: 0 }, claimed }
}

export interface Exchanged {
  readonly settled: Ended
  readonly claimed: ClaimedRows
}

/** Run inside a write transaction. `idle` answers without one, where nothing would change. */
const writing = {
  ...{ enqueue, claim, settle, exchange, record, beat, lapse, leave, tend, setQueues, act, edit },
  ...{ scheduleSet, scheduleFire, replacePayloads, keepPlace, failuresMark, bulkStart, bulkStep, bulkSet },
  setRetention,
}
const reading = {
  ...{ get, find, counts, workers, changes, failuresList, bulkPage, bulkList },
  ...{ scheduleList, scheduleDue, scheduleHistory, placeOf },
  retentionGet,
  size,
}
const idle = { claim: idleClaim, exchange: idleExchange, tend: idleTend }

export type Verb = keyof typeof writing | keyof typeof reading

type Run = (e: Engine, ...args: readonly unknown[]) => unknown

// The arguments come from the other thread, where the types of the contract have checked them.
const writers = writing as unknown as Readonly<Record<string, Run | undefined>>
const readers = reading as unknown as Readonly<Record<string, Run | undefined>>
const idlers = idle as unknown as Readonly<Record<string, Run | undefined>>

export const writes = (verb: Verb): boolean => writers[verb] !== undefined

export function run(e: Engine, verb: Verb, args: readonly unknown[]): unknown {
  const one = writers[verb] ?? readers[verb]
  if (!one) throw new TypeError(`no verb ${verb}`)
  return one(e, ...args)
}

export const runIdle = (e: Engine, verb: Verb, args: readonly unknown[]): unknown =>
  idlers[verb]?.(e, ...args)
