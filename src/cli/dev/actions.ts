import { clip, show } from '../../job/errors.ts'
import { safe } from '../safe.ts'
import { plural } from '../table.ts'
import { endOf } from '../told-line.ts'
import type { Terminal } from '../terminal.ts'
import { messageOf } from '../exit.ts'
import type { Keyboard } from './keyboard.ts'
import type { TaskFacts, Trouble } from './messages.ts'
import { prompt } from './prompt.ts'
import type { Runner } from './runner.ts'
import type { Screen } from './screen.ts'

export interface Desk {
  readonly runner: Runner
  readonly screen: Screen
  readonly terminal: Terminal
  readonly keyboard: Keyboard
  /** The tasks of the code that runs. */
  tasks(): readonly TaskFacts[]
  /** The job that ended last, or that was enqueued last. */
  lastJob(): string | undefined
  isPaused(): boolean
}

export const keys = {
  e: 'enqueue a job',
  r: 'run the last job again, as a new one',
  d: 'bring dead letters back',
  p: 'pause or resume the queues',
  c: 'clear the screen',
  h: 'this help',
  q: 'quit',
} as const

/** What each key does; `typed` remembers what was typed last for each task. */
export function newActions(desk: Desk) {
  const typed = new Map<string, string>()
  const { runner, screen, terminal } = desk
  const say = (text: string): void => screen.out(terminal.paint('dim', text))

  /** Has the keyboard and the screen to itself until it is done. */
  async function ask(work: () => Promise<void>): Promise<void> {
    const release = screen.hold()
    try {
      await desk.keyboard.lend(work)
    } finally {
      release()
    }
  }

  async function enqueue(): Promise<void> {
    const task = await chooseTask(desk.tasks())
    if (task === undefined) return
    const suggestion = typed.get(task) ?? (await runner.ask('example', { task }))
    const json = await prompt(`input of ${safe(task)}, as JSON: `, clip(suggestion, 2_000))
    if (json === undefined) return
    typed.set(task, json)
    const id = await runner.ask('enqueue', { task, json })
    terminal.out(terminal.paint('dim', `${safe(id)} enqueued`))
  }

  async function again(): Promise<void> {
    const id = desk.lastJob()
    if (id === undefined) return say('No job has run yet; e enqueues one.')
    await runner.ask('again', { id })
  }

  async function revive(): Promise<void> {
    const dead = await runner.ask('dead', {})
    if (dead.length === 0) return terminal.out(terminal.paint('dim', 'No dead letters.'))
    dead.forEach(({ task, id, note }, i) =>
      terminal.out(fit(`  ${i + 1}  ${safe(task)}  ${endOf(id)}  ${safe(note)}`, terminal)),
    )
    const answer = (await prompt('bring back which? A number, a for all of these, Enter for none: '))?.trim()
    const chosen = answer === 'a' ? dead : [dead[Number(answer) - 1]].filter((one) => one !== undefined)
    if (chosen.length === 0) return
    const n = await runner.ask('revive', { ids: chosen.map(({ id }) => id) })
    terminal.out(terminal.paint('dim', `${plural(n, 'job')} brought back`))
  }

  async function pause(): Promise<void> {
    const on = !desk.isPaused()
    const changed = await runner.ask('pause', { on })
    for (const queue of changed) if (on) runner.paused.add(queue)
    if (!on) runner.paused.clear()
    const names = changed.map(safe).join(', ')
    if (on) say(`Paused: ${names || 'nothing'}. Enqueue goes on; p resumes.`)
    else say(`Resumed: ${names || 'nothing'}.`)
  }

  const run = (work: () => Promise<void>): void =>
    void work().catch((error: unknown) => tellTrouble(error as Trouble, desk))
  return {
    e: () => run(() => ask(enqueue)),
    r: () => run(again),
    d: () => run(() => ask(revive)),
    p: () => run(pause),
    c: () => screen.clear(),
    h: () => {
      for (const [key, about] of Object.entries(keys))
        screen.out(`  ${terminal.paint('bold', key)}  ${about}`)
    },
  }
}

function tellTrouble(trouble: Trouble, { screen, terminal }: Desk): void {
  screen.err(terminal.paint('red', safe(messageOf(trouble.message ?? trouble))))
  if (trouble.fix !== undefined) screen.err(`  Fix: ${safe(trouble.fix)}`)
}

const fit = (text: string, { width }: Terminal): string => (width === undefined ? text : clip(text, width))

/** By number or name; without asking where there is one. */
async function chooseTask(tasks: readonly TaskFacts[]): Promise<string | undefined> {
  if (tasks.length <= 1) return tasks[0]?.name
  const list = tasks.map(({ name }, i) => `${i + 1} ${safe(name)}`).join('  ')
  const answer = (await prompt(`${list}\ntask, by number or name: `))?.trim()
  if (answer === undefined || answer === '') return undefined
  const found = tasks.find(({ name }, i) => name === answer || String(i + 1) === answer)
  if (found) return found.name
  throw {
    message: `no task ${show(answer)}; there are ${tasks.map(({ name }) => name).join(', ')}.`,
  } satisfies Trouble
}
