import type { Glance, Portion } from './glance.ts'

/** What a person sees: on a terminal a few lines drawn again and again, in a pipe a line now and then. */
export interface Screen {
  /** Something happened that is worth a line of its own. */
  tell(text: string): void
  show(now: Glance): void
  /** Leaves the last picture standing. */
  close(): void
}

type Out = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>

export function openScreen(out: Out, { isDumb, now }: { isDumb: boolean; now(): number }): Screen {
  const startedAt = now()
  const clock = () => `${((now() - startedAt) / 1000).toFixed(1).padStart(5)} s  `
  return out.isTTY && !isDumb ? terminal(out, clock) : pipe(out, { clock, now })
}

function terminal(out: Out, clock: () => string): Screen {
  let picture: readonly string[] = []
  const draw = (next: readonly string[], above = '') => {
    const up = picture.length > 0 ? `\u001b[${picture.length}A\u001b[0J` : ''
    // A line that wraps would count as two when it is drawn over.
    const fitting = next.map((line) => line.slice(0, (out.columns || 80) - 1))
    out.write(`${up}${above}${fitting.map((line) => `${line}\n`).join('')}`)
    picture = fitting
  }
  return {
    tell: (text) => draw(picture, `${clock()}${text}\n`),
    show: (now) => draw(['', ...portions(now).map(bar), counters(now)]),
    close: () => (picture = []),
  }
}

/** In a pipe the picture is repeated at most this often, in ms, and only when it changed. */
const pipeEveryMs = 1_000

function pipe(out: Out, { clock, now }: { clock(): string; now(): number }): Screen {
  let [shownAt, shown] = [now(), '']
  const tell = (text: string) => void out.write(`${clock()}${text}\n`)
  return {
    tell,
    show(picture) {
      const text = [
        ...portions(picture).map(([name, { done, of }]) => `${name} ${done}/${of}`),
        counters(picture).trim(),
      ].join(' · ')
      if (text === shown || now() - shownAt < pipeEveryMs) return
      ;[shownAt, shown] = [now(), text]
      tell(text)
    },
    close: () => {},
  }
}

const portions = ({ mails, thumbs, rows }: Glance): readonly [string, Portion][] => [
  ['mails', mails],
  ['thumbnails', thumbs],
  ['rows', rows],
]

function bar([name, { done, of }]: [string, Portion]): string {
  const full = Math.floor((24 * done) / Math.max(1, of))
  const figures = `${done.toLocaleString('en')} of ${of.toLocaleString('en')}`
  return `  ${name.padEnd(11)} ${'█'.repeat(full)}${'░'.repeat(24 - full)}  ${figures}`
}

const counters = ({ retries, losses, dead }: Glance): string =>
  `  retries ${retries} · losses ${losses} · dead letters ${dead}`
