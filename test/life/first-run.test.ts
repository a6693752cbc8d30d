// A new user's first minutes: an empty folder, three commands, a result.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve('.')
let folder: string
let tarball: string
const env = { ...process.env, LEGWORK_URL: '', NODE_OPTIONS: '', CI: '' }
const shell = process.platform === 'win32'

function must(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    shell,
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error ?? ''} ${stdout} ${stderr}`)
  return stdout
}

/** Everything that a process prints, and a wait for a part of it. */
function hear(child: ChildProcess) {
  let text = ''
  const looking = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      for (const look of looking) look()
    })
  const ended = new Promise<number | null>((done) => child.once('close', done))
  const until = (pattern: RegExp) =>
    new Promise<string>((found, lost) => {
      const look = () => pattern.test(text) && found(text)
      looking.add(look)
      look()
      void ended.then((code) => lost(new Error(`ended with ${code} before ${pattern}\n${text}`)))
    })
  return { until, ended }
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'legwork-first-')))
  const packed = must('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root)
  tarball = join(folder, (JSON.parse(packed) as { filename: string }[])[0]?.filename ?? '')
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('from an empty folder to the first result: npm install, legwork init, legwork dev', async () => {
  const project = join(folder, 'project')
  mkdirSync(project)
  const since = performance.now()
  must(
    'npm',
    ['install', tarball, '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
    project,
  )
  const said = must('npx', ['--no-install', 'legwork', 'init'], project)
  expect(said).toContain('npx legwork dev')
  const child = spawn('npx', ['--no-install', 'legwork', 'dev'], {
    cwd: project,
    env,
    shell,
    detached: !shell,
  })
  const dev = hear(child)
  try {
    await dev.until(/ready in/)
    expect(must('npx', ['--no-install', 'legwork', 'run', 'hello', '{"name":"Ada"}'], project)).toBe(
      '"Hello Ada"\n',
    )
    await dev.until(/✔ hello .*"Hello Ada"/)
    const tookMs = performance.now() - since
    await dev.until(/info greeting Ada/)
    // 20 s are promised for a machine that does nothing else; this one runs other tests.
    expect(tookMs, 'milliseconds from the empty folder to the result').toBeLessThan(40_000)
    console.log(`from an empty folder to the first result: ${(tookMs / 1_000).toFixed(1)} s`)
  } finally {
    // As Ctrl-C does: the whole group of the terminal.
    if (child.pid !== undefined) process.kill(shell ? child.pid : -child.pid, 'SIGINT')
  }
  await dev.until(/Stopped\./)
  await dev.ended
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { scripts: object }
  expect(manifest.scripts).toEqual({ dev: 'legwork dev', worker: 'legwork worker' })
})
