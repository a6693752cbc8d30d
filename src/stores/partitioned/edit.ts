import type { Acted, Edit, Edited, Order, PayloadChange, Replaced } from '../../store/index.ts'
import { across, type Kit } from './kit.ts'

/** By id, each where its job is. */
export async function act(kit: Kit, { ids, ...order }: Order): Promise<readonly Acted[]> {
  const answers = await kit.ids.ask<string, Acted>(ids, {
    idOf: (id) => id,
    ask: (store, some) => store.act({ ...order, ids: some }),
    isMissing: ({ outcome }) => outcome === 'gone',
  })
  if (order.verb === 'remove') for (const id of ids) kit.ids.forget(id)
  return answers
}

export async function edit(kit: Kit, edits: readonly Edit[]): Promise<readonly Edited[]> {
  await checkKeys(kit, edits)
  return kit.ids.ask<Edit, Edited>(edits, {
    idOf: ({ id }) => id,
    ask: (store, some) => store.edit(some),
    isMissing: ({ outcome }) => outcome === 'gone',
  })
}

/** A unique key says where a job of a spread queue is, and no job moves. @throws {StoreError} LW1031 */
async function checkKeys(kit: Kit, edits: readonly Edit[]): Promise<void> {
  const { places } = kit
  const keyed = edits.filter(({ key }) => key && places.ofKey(key.from) !== places.ofKey(key.to))
  if (!places.hasSpread || keyed.length === 0) return
  const jobs = await kit.ids.ask(
    keyed.map(({ id }) => id),
    { idOf: (id) => id, ask: (store, ids) => store.get(ids), isMissing: (job) => job === undefined },
  )
  const bad = jobs.find((job) => job && places.isSpread(job.queue))
  if (bad)
    throw across(
      `job ${bad.id} of the spread queue ${bad.queue}: the new payload has a unique key of another partition, and no job moves. Nothing was written. Cancel it, and enqueue another one.`,
      { id: bad.id },
    )
}

export const replacePayloads = (kit: Kit, changes: readonly PayloadChange[]): Promise<readonly Replaced[]> =>
  kit.ids.ask<PayloadChange, Replaced>(changes, {
    idOf: ({ id }) => id,
    ask: (store, some) => store.payloads.replace(some),
    isMissing: (answer) => answer === 'gone',
  })
