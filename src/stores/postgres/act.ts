import { showLimits } from '../../job/intake.ts'
import { stateOf } from '../../store/codes.ts'
import type { Acted, Order, QueueSetting } from '../../store/contract.ts'
import type { Edit, Edited } from '../../store/edit.ts'
import type { PayloadChange, Replaced } from '../../store/payloads.ts'
import type { Call, Engine } from './engine.ts'
import { given } from './row.ts'

/** What a person asks of jobs; written to the audit log. */
export const act = (e: Engine, order: Order): Promise<readonly Acted[]> => actOn(e.call, order)

/** The same, on whatever connection. */
export async function actOn(call: Call, order: Order): Promise<readonly Acted[]> {
  if (order.ids.length === 0) return []
  type Row = readonly [outcome: Acted['outcome'], state?: number, twin?: string]
  const rows = await call<readonly Row[]>('act_v1', order)
  return rows.map(([outcome, state, twin]) => ({
    outcome,
    ...(state !== undefined && { state: stateOf(state) }),
    ...given('twin', twin),
  }))
}

/** Gives jobs that do not run another payload, and keeps the one before. */
export async function edit(e: Engine, edits: readonly Edit[]): Promise<readonly Edited[]> {
  if (edits.length === 0) return []
  type Row = readonly [outcome: Edited['outcome'], state?: number, twin?: string | null]
  const rows = await e.call<readonly Row[]>('edit_v1', { edits })
  return rows.map(([outcome, state, twin]) => ({
    outcome,
    ...(state !== undefined && { state: stateOf(state) }),
    ...given('twin', twin),
  }))
}

/** Pauses, resumes and limits queues; written to the audit log. */
export async function setQueues(e: Engine, settings: readonly QueueSetting[]): Promise<void> {
  if (settings.length === 0) return
  const rows = settings.map((one) => ({ ...one, ...(one.limits && { said: showLimits(one.limits) }) }))
  await e.call('queues_v1', { settings: rows })
}

export async function replacePayloads(
  e: Engine,
  changes: readonly PayloadChange[],
): Promise<readonly Replaced[]> {
  if (changes.length === 0) return []
  return e.call('payloads_replace_v1', { changes: changes.map(({ id, was, now }) => [id, was, now]) })
}

export async function placeOf(e: Engine, walk: string): Promise<string | undefined> {
  return (await e.call<string | null>('place_v1', { walk })) ?? undefined
}

export async function keepPlace(e: Engine, walk: string, place: string | null): Promise<void> {
  await e.call('place_v1', { walk, to: place })
}
