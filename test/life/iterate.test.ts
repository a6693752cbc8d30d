// An iteration whose processes are killed and stopped goes on where it was, until all of it is done.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import { expect, test } from 'vitest'

const walk = task('walk', { input: unchecked<undefined>(), output: unchecked<string>() })
const every = 25
const count = 1_500

test('kill -9 twice and SIGTERM once: nothing is left out, at most `every` items a kill are repeated', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'legwork-walk-'))
  const [file, list] = [join(folder, 'jobs.db'), join(folder, 'list.txt')]
  const app = legwork(file)
  const walkers: ChildProcess[] = []
  /** Starts a process and resolves when it has done so many items, or all that there were. */
  const walker = async (items: number) => {
    const options = { lease: '1s', beat: '200ms' }
    const child = fork('test/life/fixtures/walker.mjs', [JSON.stringify({ file, list, count, options })])
    walkers.push(child)
    let did = 0
    await new Promise<void>((resolve, reject) => {
      child.on(
        'message',
        (message: { id?: number }) => message.id !== undefined && ++did === items && resolve(),
      )
      child.once('exit', (code, signal) =>
        reject(new Error(`it ended (${code ?? signal}) after ${did} items`)),
      )
    })
    return child
  }
  const gone = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve))
  try {
    const job = await app.enqueue(walk)
    for (const items of [110, 260]) {
      const victim = await walker(items)
      const isGone = gone(victim)
      victim.kill('SIGKILL')
      await isGone
    }
    const polite = await walker(330)
    const askedAt = performance.now()
    const isGone = gone(polite)
    polite.kill('SIGTERM')
    expect(await isGone).toBe(0)
    // An iteration ends between two items; it does not wait for its grace of 20 s.
    expect(performance.now() - askedAt).toBeLessThan(10_000)
    const released = await job.status()
    expect(released).toMatchObject({ state: 'ready', attempt: 3, losses: 2, failures: 0 })

    const last = await walker(100)
    expect(await job.result({ timeout: '60s' })).toBe(`${last.pid} ended it`)
    expect(await job.status()).toMatchObject({ attempt: 4, losses: 2, failures: 0 })
    judge(readFileSync(list, 'utf8'))
  } finally {
    for (const child of walkers) child.kill('SIGKILL')
    await app.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Looks at what every process wrote down: `pid attempt id`. */
function judge(text: string): void {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [pid: number, attempt: number, id: number])
  const ids = lines.map(([, , id]) => id)
  expect(new Set(ids).size, 'every item was done').toBe(count)
  const attempts = [1, 2, 3, 4].map((n) => lines.filter(([, attempt]) => attempt === n).map(([, , id]) => id))
  for (const [i, mine] of attempts.entries()) {
    expect(mine, `attempt ${i + 1} goes through them in order, each once`).toEqual(
      mine.map((_, n) => (mine[0] as number) + n),
    )
    const before = attempts[i - 1]?.at(-1)
    if (before === undefined) continue
    const repeated = before - (mine[0] as number) + 1
    // After a kill up to `every`, and the one that was under way; after a stop none.
    expect(repeated).toBeGreaterThanOrEqual(0)
    expect(repeated).toBeLessThanOrEqual(i === 3 ? 0 : every + 1)
  }
}
