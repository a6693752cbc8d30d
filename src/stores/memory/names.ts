import type { Clock } from '../../job/clock.ts'
import type { Names } from '../../store/index.ts'

/** What names stand for, and since when. */
export function namesIn(clock: Pick<Clock, 'now'>, call: <T>(work: () => T) => Promise<T>): Names {
  const known = new Map<string, { readonly value: string; readonly at: number }>()
  const isUnused = (at: number, ms: number) => at <= clock.now() - ms
  return {
    take: (asked) =>
      call(() =>
        asked.map(({ name, value, instead }) => {
          const now = clock.now()
          const was = known.get(name)
          const isMine = !was || was.value === value || was.value === instead
          if (isMine) known.set(name, { value, at: now })
          return isMine ? { value, agoMs: 0 } : { value: was.value, agoMs: Math.max(0, now - was.at) }
        }),
      ),
    drop: (names, unusedMs) =>
      call(() => {
        for (const { name, value } of names) {
          const was = known.get(name)
          if (was?.value === value && isUnused(was.at, unusedMs)) known.delete(name)
        }
      }),
    unused: (unusedMs, limit) =>
      call(() =>
        [...known]
          .filter(([, { at }]) => isUnused(at, unusedMs))
          .sort(([, a], [, b]) => a.at - b.at)
          .slice(0, limit)
          .map(([name, { value }]) => ({ name, value })),
      ),
  }
}
