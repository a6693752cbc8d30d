// Random sequences in queues of one partition: a partition does nothing else than a store alone.
import { memory } from 'legwork/memory'
import { partitioned } from 'legwork/partitioned'
import { clock, compare } from './fixtures/model-play.ts'

compare({
  name: 'three stores as one',
  sequences: Number(process.env['LEGWORK_SEQUENCES'] ?? 200),
  async fresh() {
    const home = memory({ clock })
    let isMore = false
    const parts = [memory({ clock }), memory({ clock }), home].map((part) => ({
      ...part,
      async tend(budget: number) {
        const done = await part.tend(budget)
        isMore ||= done.more
        return done
      },
    }))
    const opened = partitioned(parts, { clock })
    await opened.open()
    return {
      ...opened,
      // A claim finds workers that have lapsed where its queues are; in the other partitions upkeep does.
      workers: () => home.workers(),
      // There may be more names of jobs that are gone, too, and a store alone has none.
      async tend(budget) {
        isMore = false
        const done = await opened.tend(budget)
        return { ...done, more: isMore }
      },
    }
  },
  /** What is kept of all queues is split; and an operation on dead letters is one on a queue, so that it lies in one partition. */
  adapt(one) {
    if (one.do === 'retain' && /"(count|bytes)"/.test(JSON.stringify(one))) return undefined
    return one.do === 'bulkStart' ? { ...one, plan: { ...one.plan, queue: 'qa' } } : one
  },
})
