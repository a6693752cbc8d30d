import { sleep } from '../job/clock.ts'
import type { Store } from '../store/index.ts'
import { realClock } from '../world.ts'
import type { TopOptions } from './commands/top.ts'
import { showPlace, withStore } from './connect.ts'
import { openKeyboard } from './dev/keyboard.ts'
import { exits } from './exit.ts'
import { safe } from './safe.ts'
import type { Terminal } from './terminal.ts'
import { type Look, look, lookJson } from './top-look.ts'
import { pageOf } from './top-page.ts'

/** Between two looks, and for the rates of a single one. */
const everyMs = 1_000
const onceMs = 400

/** Shows the state of a store: live on a terminal, once elsewhere. */
export async function top(options: TopOptions, terminal: Terminal): Promise<number> {
  const isLive = terminal.isTty && terminal.canAsk && !options.once && !options.json
  return withStore(options, async (store, place) => {
    const head = (more = '') => `legwork top${more}  ${safe(showPlace(place))}`
    if (isLive) return live(store, head, terminal)
    const first = await look(store, undefined, realClock)
    await sleep(realClock, onceMs)
    const second = await look(store, first.sample, realClock)
    if (options.json) terminal.json(lookJson(second))
    else for (const line of pageOf(second, head(), terminal)) terminal.out(line)
    return exits.ok
  })
}

/** The other screen of the terminal, without a cursor; and back. */
const enter = '\u001b[?1049h\u001b[?25l'
const leave = '\u001b[?25h\u001b[?1049l'

async function live(store: Store, head: (more: string) => string, terminal: Terminal): Promise<number> {
  const over = new AbortController()
  let isHeld = false
  let last: Look | undefined
  const draw = (): void => {
    if (last)
      process.stdout.write(
        frame(last, head(`  ${clockOf(last.at)}${isHeld ? '  held still' : ''}`), terminal),
      )
  }
  const end = () => over.abort()
  const keyboard = openKeyboard((key) => {
    if (key === 'q' || key === 'ctrl-c' || key === 'ctrl-d') end()
    if (key !== 'p' && key !== ' ') return
    isHeld = !isHeld
    draw()
  })
  process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', end)
  process.stdout.on('resize', draw)
  process.stdout.write(enter)
  try {
    while (!over.signal.aborted) {
      if (!isHeld) {
        last = await look(store, last?.sample, realClock)
        draw()
      }
      await sleep(realClock, last?.rates === undefined ? onceMs : everyMs, over.signal)
    }
  } finally {
    process.stdout.off('resize', draw)
    keyboard.close()
    process.stdout.write(leave)
  }
  return exits.ok
}

/** Writes over what is there, line by line, so that nothing flickers. */
function frame(shown: Look, head: string, terminal: Terminal): string {
  const { columns = 80, rows = 24 } = process.stdout
  const lines = pageOf(shown, head, { ...terminal, width: columns }, rows - 2)
  const keys = terminal.paint('dim', 'p hold still   q quit')
  const padding = Array.from({ length: Math.max(0, rows - 1 - lines.length) }, () => '')
  return `\u001b[H${[...lines, ...padding, keys].map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`
}

const clockOf = (at: number): string => new Date(at).toTimeString().slice(0, 8)
