// Shell completion: what the hidden command answers, and what real shells make of it.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { legwork, task } from 'legwork'
import { describe, expect, test } from 'vitest'
import { cli, folder, main } from './cli-kit.ts'

/** A folder with a store of two queues and a dead letter, and a command `legwork` on the path. */
async function house() {
  const cwd = folder()
  mkdirSync(join(cwd, 'bin'))
  writeFileSync(join(cwd, 'bin/legwork'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`)
  chmodSync(join(cwd, 'bin/legwork'), 0o755)
  const app = legwork(join(cwd, '.legwork/jobs.db'))
  await app.enqueue(task('mail.send', { queue: 'eu:mails' }))
  const job = await app.enqueue(task('resize', { queue: 'images' }))
  await job.cancel()
  await app.stop()
  return { cwd, id: job.id, env: { PATH: `${join(cwd, 'bin')}:${process.env['PATH']}` } }
}
type Where = Awaited<ReturnType<typeof house>>

const values = async (where: { cwd: string }, ...words: string[]): Promise<string[]> => {
  const { code, out, err } = await cli(['__complete', 'words', ...words], where)
  expect([code, err]).toEqual([0, ''])
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0] as string)
}

describe('what may stand where the cursor is', () => {
  test('commands, and what they are below', async () => {
    const where = await house()
    const all = await values(where, '')
    for (const name of ['init', 'dev', 'worker', 'jobs', 'tail', 'completion']) expect(all).toContain(name)
    expect(all.filter((name) => name.startsWith('_'))).toEqual([])
    expect(await values(where, 'to')).toEqual(['top'])
    expect(await values(where, 'queues', 'p')).toEqual(['pause'])
    expect(await values(where, '--json', 'jobs', 're')).toEqual(['retry', 'remove'])
    expect(await values(where, 'nothing', '')).toEqual([])
  })

  test('options, their closed lists, and files', async () => {
    const where = await house()
    expect(await values(where, 'jobs', 'list', '--st')).toEqual(['--state'])
    expect(await values(where, 'worker', '--')).toEqual(
      expect.arrayContaining(['--concurrency', '--url', '--help']),
    )
    expect(await values(where, 'worker', '--')).not.toContain('--member')
    expect(await values(where, 'tail', '--state', 'de')).toEqual(['dead'])
    expect(await values(where, 'tail', '--state=de')).toEqual(['--state=dead'])
    expect(await values(where, 'worker', '')).toEqual([':files'])
    expect(await values(where, 'explain', 'LW130')).toEqual(['LW1301', 'LW1302'])
  })

  test('names of the store: queues, tasks and ids', async () => {
    const where = await house()
    expect(await values(where, 'queues', 'pause', '')).toEqual(['eu:mails', 'images'])
    expect(await values(where, 'jobs', 'list', '--task', '')).toEqual(['resize', 'mail.send'])
    expect(await values(where, 'run', 'm')).toEqual(['mail.send'])
    expect(await values(where, 'run', 'mail.send', '')).toEqual([])
    expect(await values(where, 'why', '')).toContain(where.id)
    expect(await values(where, 'jobs', 'show', where.id, '')).not.toContain(where.id)
    expect(
      await values({ cwd: folder() }, '--url', join(where.cwd, '.legwork/jobs.db'), 'queues', 'pause', 'i'),
    ).toEqual(['images'])
  })

  test('a store that is not there, or is none, completes nothing and says nothing', async () => {
    const cwd = folder({ 'no.db': 'no database at all, only a text that stands in a file' })
    expect(await values({ cwd }, 'queues', 'pause', '')).toEqual([])
    expect(await values({ cwd }, '--url', 'no.db', 'queues', 'pause', '')).toEqual([])
    expect((await cli(['__complete'], { cwd })).code).toBe(0)
  })
})

const run = (shell: string, where: Where, script: string) => {
  const { status, stdout, stderr } = spawnSync(shell, ['-c', script], {
    cwd: where.cwd,
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, ...where.env, LEGWORK_URL: '' },
  })
  return { status, out: stdout.trim(), err: stderr }
}
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0

describe('in the shell', () => {
  test.runIf(has('bash'))('bash completes a line', async () => {
    const where = await house()
    /** As readline calls the function, with the line's words as bash breaks them. */
    const bash = (line: string) => {
      const words = line.split(/([\s:=])/).filter((word) => word.trim() !== '')
      if (line.endsWith(' ')) words.push('')
      const { out, err } = run(
        'bash',
        where,
        `eval "$(legwork completion bash)"; COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}
         COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
         _legwork; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p legwork >&2`,
      )
      expect(err).toContain('complete -F _legwork legwork')
      return out.split('\n')
    }
    expect(bash('legwork qu')).toEqual(['queues'])
    expect(bash('legwork queues pause ')).toEqual(['eu:mails', 'images'])
    // Bash breaks words at colons, so only what comes after one is completed.
    expect(bash('legwork queues pause eu:m')).toEqual(['mails'])
    expect(bash('legwork tail --state=de')).toEqual(['dead'])
  })

  test.runIf(has('zsh'))('zsh takes the script', async () => {
    const where = await house()
    const { status, out, err } = run(
      'zsh',
      where,
      'eval "$(legwork completion zsh)" && echo $_comps[legwork] && legwork completion zsh | zsh -n',
    )
    expect([status, out], err).toEqual([0, '_legwork'])
  })

  test.runIf(has('fish'))('fish completes a line', async () => {
    const where = await house()
    const { status, out, err } = run(
      'fish',
      where,
      "legwork completion fish | source; complete -C 'legwork queues pause e'",
    )
    expect([status, out.split('\t')[0]], err).toEqual([0, 'eu:mails'])
  })
})

test('an unknown shell is refused', async () => {
  const { code, err } = await cli(['completion', 'bsh'], { cwd: folder() })
  expect(code).toBe(2)
  expect(err).toContain('did you mean bash?')
})
