// `legwork tail` and `legwork top`: what a person sees of a store that works.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { legwork, task, unchecked } from 'legwork'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cli, folder, json, main, start } from './cli-kit.ts'

const greet = task('greet', { queue: 'mail', input: unchecked<string>() })
const fails = task('fails', { queue: 'mail', retry: { attempts: 1 } })
const holds = task('holds', { queue: 'media' })

/** A store with an app that works on it, in this process. */
async function house() {
  const cwd = folder()
  const app = legwork(join(cwd, '.legwork/jobs.db'))
  const gate = new AbortController()
  app.handle(greet, ({ input }) => input)
  app.handle(fails, () => {
    throw new Error('bad \u001b[2J news')
  })
  app.handle(holds, async ({ progress }) => {
    progress({ percent: 62, note: 'half way' })
    await new Promise((done) => gate.signal.addEventListener('abort', done))
  })
  onTestFinished(async () => {
    gate.abort()
    await app.stop()
  })
  await app.start()
  return { where: { cwd }, app, gate }
}

describe('tail', () => {
  test('a job is told when it comes, runs and ends; a person’s act too', async () => {
    const { where, app, gate } = await house()
    const tail = start(['tail', '--json'], where)
    // Whatever was there before is not told; so repeat until it listens.
    const heard = tail.line(/"event":"completed"/)
    const again = setInterval(() => void app.enqueue(greet, 'Ada'), 100)
    const first = JSON.parse(await heard) as object
    clearInterval(again)
    expect(first).toMatchObject({
      event: 'completed',
      task: 'greet',
      queue: 'mail',
      attempt: 1,
      state: 'completed',
    })
    const held = await app.enqueue(holds)
    expect(JSON.parse(await tail.line(new RegExp(`"started","id":"${held.id}"`)))).toMatchObject({
      task: 'holds',
    })
    gate.abort()
    await tail.line(new RegExp(`"completed","id":"${held.id}"`))
    await app.enqueue(fails)
    const dead = JSON.parse(await tail.line(/"event":"dead"/)) as object
    expect(dead).toMatchObject({
      reason: 'exhausted',
      error: { name: 'Error', message: 'bad \u001b[2J news' },
    })
    await app.pause('mail', 'repair')
    expect(await tail.line(/"acted"/)).toContain('repair')
    // Ended before it ran: told once, with its task and who did it.
    const waiting = await app.enqueue(greet, 'x')
    await waiting.cancel('no longer wanted')
    expect(JSON.parse(await tail.line(/"event":"closed"/))).toMatchObject({
      ...{ how: 'cancelled', id: waiting.id, queue: 'mail', by: 'application', reason: 'no longer wanted' },
    })
    tail.child.kill('SIGINT')
    const { code, err } = await tail.ended
    expect([code, err]).toEqual([0, ''])
  })

  test('filters by task, queue and state; lines are safe', async () => {
    const { where, app } = await house()
    const tail = start(['tail', '--queue', 'mail', '--state', 'dead'], where)
    const heard = tail.line(/✖ fails/)
    const again = setInterval(() => void Promise.all([app.enqueue(greet, 'x'), app.enqueue(fails)]), 100)
    await heard
    clearInterval(again)
    await tail.line(/Error: bad \\u\{1b\}\[2J news/)
    tail.child.kill('SIGTERM')
    const { out } = await tail.ended
    expect(out).not.toContain('greet')
    expect(out).not.toContain('\u001b')
  })

  test('refuses a state that is none, and a store that is not there', async () => {
    const { where } = await house()
    expect((await cli(['tail', '--state', 'ded'], where)).code).toBe(2)
    expect((await cli(['tail'], { cwd: folder() })).code).toBe(6)
    const stranger = start(['tail', '--task', 'gret'], where)
    await stranger.line(/No job here is of a task gret/, 'err')
  })
})

describe('top', () => {
  test('one look: queues, rates, workers and the longest running', async () => {
    const { where, app } = await house()
    await app.enqueueMany(greet, ['a', 'b'], { delay: '1h' })
    const held = await app.enqueue(holds)
    await app.pause('mail', 'repair')
    let look: { running: { id: string; percent: number }[] }
    do look = await json(['top'], where)
    while (look.running[0]?.percent !== 62)
    expect(look).toMatchObject({
      rates: { in: expect.any(Number), out: expect.any(Number) },
      queues: [
        { queue: 'mail', health: 'paused', states: { scheduled: 2 }, paused: { reason: 'repair' } },
        { queue: 'media', health: 'ok', states: { running: 1 }, workers: 1 },
      ],
      workers: [{ slots: 10, running: 1 }],
      running: [{ id: held.id, task: 'holds', note: 'half way' }],
    })
    const { code, out } = await cli(['top', '--once'], where)
    expect(code).toBe(0)
    for (const text of [
      /^legwork top/,
      /QUEUE +STATE +READY/,
      /mail +paused/,
      /media +ok/,
      /WORKER +SLOTS/,
      /holds .*62% half way/,
    ])
      expect(out).toMatch(new RegExp(text.source, 'm'))
  })

  test('an empty store says so', async () => {
    const where = { cwd: folder() }
    await cli(['migrate'], where)
    const { out } = await cli(['top'], where)
    for (const text of ['No queues', 'No worker', 'Nothing runs']) expect(out).toContain(text)
  })

  // The command `script` of other systems takes other options.
  test.runIf(process.platform === 'linux')(
    'on a terminal it draws a screen, is held still by p and quits by q',
    async () => {
      const { where } = await house()
      const line = `stty cols 60 rows 16; '${process.execPath}' '${main}' top`
      const { CI: _, LEGWORK_URL: _u, ...env } = process.env
      const child = spawn('script', ['-qefc', line, '/dev/null'], {
        cwd: where.cwd,
        env: { ...env, TERM: 'xterm' },
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      let text = ''
      let look = () => {}
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        look()
      })
      const until = (pattern: RegExp) =>
        new Promise<void>((found) => {
          look = () => pattern.test(text) && found()
          look()
        })
      await until(/WORKER.*q quit/s)
      child.stdin.write('p')
      await until(/held still/)
      child.stdin.write('q')
      expect(await new Promise((done) => child.once('close', done))).toBe(0)
      // The screen of before comes back, with its cursor.
      expect(text).toMatch(/\u001b\[\?1049h.*\u001b\[\?25h\u001b\[\?1049l/s)
      const drawn = text.split('\u001b[H').slice(1)
      for (const frame of drawn) {
        const lines = frame.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '').split('\r\n')
        expect(lines.length).toBeLessThanOrEqual(16)
        for (const one of lines) expect(one.length, one).toBeLessThanOrEqual(60)
      }
    },
  )
})
