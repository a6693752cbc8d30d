import { nameOfJob } from './enqueue.ts'
import { groups, type Kit, partAt } from './kit.ts'
import { sweepNames } from './reserve.ts'

/** How often one process looks for names of what is gone. */
const everyMs = 60_000

/** Now and then forgets the names of jobs and schedules that are gone, a few at a time. True: there are more. */
export function sweeping(kit: Kit): () => Promise<boolean> {
  let nextAt = kit.clock.monotonic() + everyMs
  return async () => {
    if (kit.clock.monotonic() < nextAt) return false
    const isMore = await sweepNames(kit, async (names) => {
      const there = names.map(() => true)
      await Promise.all(
        [...groups(names.map(({ value }) => Number(value)))].map(async ([place, mine]) => {
          const part = partAt(kit, place)
          const texts = mine.map((i) => names[i]?.name ?? '')
          const ids = texts.map((text) => text.slice(text.indexOf(' ') + 1))
          const isJob = texts.map((text, n) => text === nameOfJob(ids[n] as string))
          const [jobs, schedules] = await part.call((store) =>
            Promise.all([
              store.get(ids.filter((_, n) => isJob[n])),
              store.schedules.list({ names: ids.filter((_, n) => !isJob[n]), limit: ids.length }),
            ]),
          )
          const found = new Set([...jobs.map((job) => nameOfJob(job?.id ?? '')), ...schedules.map(scheduled)])
          mine.forEach((i, n) => (there[i] = found.has(texts[n] ?? '')))
        }),
      )
      return there
    })
    if (!isMore) nextAt = kit.clock.monotonic() + everyMs
    return isMore
  }
}

const scheduled = ({ name }: { readonly name: string }): string => `schedule ${name}`
