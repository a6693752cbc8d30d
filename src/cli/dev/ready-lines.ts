import { basename, relative } from 'node:path'
import { showMs } from '../../job/duration.ts'
import { clip } from '../../job/errors.ts'
import { safe } from '../safe.ts'
import { plural } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import type { ScheduleFacts } from './messages.ts'
import type { RunnerEvent } from './runner.ts'

type Ready = Extract<RunnerEvent, { event: 'ready' }>

interface About {
  /** Files of which a change brought this about. */
  readonly changed: readonly string[]
  readonly file: string
  readonly now: number
  readonly terminal: Terminal
}

/** What is said when the code runs: everything the first time, one line at a reload. */
export function readyLines(event: Ready, about: About): string[] {
  const { facts, tasks, tookMs, isFirst, paused, schedules } = event
  const { changed, file, now, terminal } = about
  const dim = (text: string) => terminal.paint('dim', text)
  const names =
    tasks.length > 6 ? plural(tasks.length, 'task') : tasks.map(({ name }) => safe(name)).join(', ')
  const notes = [
    ...schedules.slice(0, shown).flatMap((one) => scheduleLine(one, { isFirst, now, terminal })),
    ...(schedules.length > shown && isFirst
      ? [dim(`  … ${schedules.length - shown} more: legwork schedules list`)]
      : []),
    ...(paused.length > 0
      ? [terminal.paint('yellow', `paused: ${paused.map(safe).join(', ')}; p resumes`)]
      : []),
  ]
  if (!isFirst) return [dim(`${causeOf(changed)} in ${showMs(tookMs)} · ${names}`), ...notes]
  const where =
    facts.at === undefined
      ? facts.store
      : `${facts.store} ${safe(relative(process.cwd(), facts.at) || facts.at)}`
  const isTyped = terminal.canAsk && terminal.isTty
  return [
    `${terminal.paint('bold', 'legwork dev')}  ${safe(relative(process.cwd(), file) || file)}  ${dim(`· ${names} · ${where}`)}`,
    dim(`ready in ${showMs(tookMs)}${isTyped ? `  ·  ${keyLine}` : '; Ctrl-C stops it'}`),
    ...notes,
  ]
}

const keyLine = 'e enqueue  r again  d dead  p pause  h help  q quit'
/** Schedules that are listed. */
const shown = 8

function causeOf(changed: readonly string[]): string {
  const [first] = changed.map((path) => basename(path))
  if (first === undefined) return 'started again'
  const more = changed.length > 1 ? ` and ${changed.length - 1} more` : ''
  return `${safe(first)}${more} changed, reloaded`
}

/** One that is in order is told once, one that is not every time. */
function scheduleLine(
  { name, when, state, nextAt, problem }: ScheduleFacts,
  { isFirst, now, terminal }: { readonly isFirst: boolean } & Pick<About, 'now' | 'terminal'>,
): string[] {
  const fit = (text: string) => clip(text, terminal.width ?? Infinity)
  if (problem !== undefined) return [terminal.paint('red', fit(`  ${safe(name)}  ${safe(problem)}`))]
  if (!isFirst) return []
  const next = nextAt === undefined ? state : `next in ${showMs(Math.max(0, nextAt - now))}`
  return [terminal.paint('dim', fit(`  ${safe(name)}  ${safe(when)}, ${next}`))]
}
