// `legwork demo` for people who installed the package and nothing else.
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { cli, folder, start } from './cli-kit.ts'

describe('demo', () => {
  // A temporary folder of its own, so that what is left in it can be seen.
  const own = () => {
    const cwd = folder()
    return { cwd, env: { TMPDIR: cwd } }
  }
  const leftovers = (cwd: string) => readdirSync(cwd).filter((name) => name.startsWith('legwork-demo-'))

  test('ends by itself, as expected, and leaves nothing', async () => {
    const where = own()
    const { code, out, err } = await cli(['demo'], where)
    expect([code, err]).toEqual([0, ''])
    for (const text of [
      'Hello Ada',
      'it is tried again',
      '40% converting',
      'dead (discarded)',
      'completed: sent',
      '8 jobs completed',
    ])
      expect(out).toContain(text)
    expect(leftovers(where.cwd)).toEqual([])
  })

  test('Ctrl-C ends it cleanly', async () => {
    const where = own()
    const running = start(['demo'], where)
    await running.line(/20% converting/)
    expect(leftovers(where.cwd).length).toBe(1)
    running.child.kill('SIGINT')
    const { code, err } = await running.ended
    expect(code).toBe(130)
    expect(err).toContain('removed')
    expect(leftovers(where.cwd)).toEqual([])
  })
})
