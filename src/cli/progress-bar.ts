import { showMs } from '../job/duration.ts'
import type { BulkProgress } from '../operate/bulk-handle.ts'

/** One line on standard error that is written over, where that is a terminal. */
export function progressBar(isQuiet: boolean, stream: NodeJS.WriteStream = process.stderr) {
  const shows = !isQuiet && stream.isTTY === true
  let first: { readonly at: number; readonly done: number } | undefined
  let lastAt = 0
  return {
    show(progress: BulkProgress, now: number): void {
      first ??= { at: now, done: progress.done }
      if (!shows || now - lastAt < 100) return
      lastAt = now
      const width = (stream.columns || 80) - 1
      stream.write(`\r\u001b[K${lineOf(progress, { first, now }).slice(0, width)}`)
    },
    clear(): void {
      if (shows) stream.write('\r\u001b[K')
    },
  }
}

const barWidth = 24

interface Since {
  readonly first: { readonly at: number; readonly done: number }
  readonly now: number
}

/** `█████░░░ 1,234 of 20,000, 498/s, 37s left` */
export function lineOf(progress: BulkProgress, { first, now }: Since): string {
  const { done, skipped, failed, total, isEstimate, state } = progress
  const share = total === 0 ? 1 : Math.min(1, (done + skipped + failed) / total)
  const full = Math.round(share * barWidth)
  const bar = '█'.repeat(full) + '░'.repeat(barWidth - full)
  const seconds = (now - first.at) / 1_000
  const rate = seconds > 0 ? (done - first.done) / seconds : 0
  const left = rate > 0 ? `, ${showMs(((total - done - skipped - failed) / rate) * 1_000)} left` : ''
  const n = (value: number) => value.toLocaleString('en')
  const pace = state === 'canary' ? 'waiting for the canaries' : `${n(Math.round(rate))}/s${left}`
  return `${bar} ${n(done)} of ${isEstimate ? 'up to ' : ''}${n(total)}, ${pace}`
}
