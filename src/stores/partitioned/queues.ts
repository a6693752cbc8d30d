import type { QueueSetting } from '../../store/index.ts'
import { across, type Kit } from './kit.ts'
import { all } from './part.ts'

/** What is said of a queue stands in its home; a spread one is paused everywhere. @throws {StoreError} LW1031 */
export async function setQueues(kit: Kit, settings: readonly QueueSetting[]): Promise<void> {
  const { places } = kit
  const limited = settings.find(({ name, limits }) => limits && places.isSpread(name))
  if (limited)
    throw across(
      `queue ${limited.name} is spread over ${places.count} partitions, which do not know of each other how full they are: it takes no limits. Nothing was changed. Limit a queue that is not spread.`,
      { queue: limited.name },
    )
  const mine = kit.parts.map(({ index }) =>
    settings.flatMap((setting) => {
      const { name, paused } = setting
      if (places.homeOf(name) === index) return [setting]
      return places.isSpread(name) && paused !== undefined ? [{ name, paused }] : []
    }),
  )
  const concerned = kit.parts.filter(({ index }) => mine[index]?.length)
  await all(concerned, (store, { index }) => store.setQueues(mine[index] ?? []))
}
