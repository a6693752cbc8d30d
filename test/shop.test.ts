// The demo as a whole, and the proof that each of its verifications can fail.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
const demo = join(root, 'dist-examples', 'shop')

type Verify = typeof import('../examples/shop/verify.ts')
type Sabotage = typeof import('../examples/shop/sabotage.ts')

interface Run {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece))
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (err += piece))
  const run: Promise<Run> = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }))
  /** What was printed, once it fits the pattern. */
  const said = (wanted: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = wanted.exec(out)
        if (found) resolve(found)
      }
      child.stdout.on('data', look)
      child.once('close', () => reject(new Error(`ended without ${wanted}: ${out}${err}`)))
    })
  return { child, run, said }
}

const play = (...options: readonly string[]) => start([join(demo, 'main.js'), ...options])

const folderIn = (out: string): string => /the shop opens in (\S+)/.exec(out)?.[1] ?? '(no folder named)'

/** Folders of this file, removed with it. */
const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

// A demo takes the time of its story, most of which it waits; so two are told at once.
let whole: Run
let kept: string
let sabotaged: Promise<Run>
beforeAll(async () => {
  const { code, out } = await start(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.examples.json']).run
  expect(`${code} ${out}`).toBe('0 ')
  const own = await visitor()
  const input = ['--images', join(own, 'pics'), '--csv', join(own, 'people.csv')]
  sabotaged = play('--sabotage', 'mail', ...input).run
  whole = await play('--keep').run
  kept = folderIn(whole.out)
  folders.push(kept)
}, 120_000)

describe('a whole run', () => {
  it('ends by itself with exit 0 and every verification good', () => {
    expect(whole).toMatchObject({ code: 0, err: '' })
    expect(whole.out.match(/^✔ /gm)).toHaveLength(9)
    expect(whole.out).toMatch(/^All 9 verifications hold; [\d.]+ s\.$/m)
  })

  it('killed a worker that was running jobs, which ran again', () => {
    const running = Number(
      /SIGKILL: worker \d+ dies at row [\d,]+ with (\d+) jobs running/.exec(whole.out)?.[1],
    )
    expect(running).toBeGreaterThanOrEqual(2)
    expect(whole.out).toContain(`all ${running} run again`)
  })

  it('keeps the folder when asked: mails, thumbnails, logs', async () => {
    const mails = (await readdir(join(kept, 'inbox'))).filter((name) => name.endsWith('.eml'))
    const thumbs = (await readdir(join(kept, 'thumbs'))).filter((name) => /^\w+\.jpeg$/.test(name))
    expect([mails.length, thumbs.length]).toEqual([40, 60])
  })

  it('passes its verification again, as long as nobody touches it', async () => {
    expect(await failures(kept)).toEqual([])
  })

  it.concurrent.each([
    ['mail', 'mails'],
    ['mail-twice', 'mails'],
    ['mail-wrong', 'mails'],
    ['mail-stranger', 'mails'],
    ['rollback', 'rollbacks'],
    ['rollback-customer', 'rollbacks'],
    ['rollback-lost', 'rollbacks'],
    ['thumb', 'thumbnails'],
    ['thumb-missing', 'thumbnails'],
    ['thumb-size', 'thumbnails'],
    ['thumb-other', 'thumbnails'],
    ['row', 'rows'],
    ['row-missing', 'rows'],
    ['row-twice', 'rows'],
    ['row-restart', 'rows'],
    ['dead-skipped', 'dead letter'],
    ['dead-unseen', 'dead letter'],
    ['loss', 'losses'],
    ['loss-charged', 'losses'],
    ['loss-none', 'losses'],
    ['report', 'report'],
    ['poison', 'poison'],
    ['counter', 'counters'],
  ])('sabotaged by %s, it fails at %s and nowhere else', async (name, noticedBy) => {
    expect(await failuresAfter(kept, name)).toEqual([noticedBy])
  })

  it('notices a letter that went back into the queue, and that a job is not completed', async () => {
    expect(await failuresAfter(kept, 'dead')).toEqual(['dead letter', 'counters'])
  })
})

/** A folder of a visitor's own, with a few photographs, one of them broken, and people. */
async function visitor(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'legwork-visitor-'))
  folders.push(folder)
  await mkdir(join(folder, 'pics'))
  for (const width of [300, 200, 100]) {
    const picture = sharp({ create: { width, height: 150, channels: 3, background: 'teal' } })
    await picture.png().toFile(join(folder, 'pics', `my photo ${width}.PNG`))
  }
  await writeFile(join(folder, 'pics/broken.jpg'), 'no picture')
  await writeFile(join(folder, 'people.csv'), '\uFEFFname;email\nÅsa Öst;asa@visitor.example\nNo address;\n')
  await writeFile(join(folder, 'columns.csv'), 'first,email\nAda,ada@visitor.example\n')
  await writeFile(join(folder, 'header.csv'), 'name,email\n')
  await mkdir(join(folder, 'empty'))
  return folder
}

describe('a sabotaged run, on a visitor’s own photographs and people', () => {
  it('exits 1, names what is wrong, and leaves nothing behind', async () => {
    const { code, out } = await sabotaged
    expect(code).toBe(1)
    expect(out).toMatch(/^1 of 4 photographs left out\n1 of 2 rows left out$/m)
    expect(out).toContain('44 sign-ups, 4 of them rolled back; 3 photographs')
    expect(out).toMatch(/^✔ thumbnails +3 photographs have a thumbnail/m)
    expect(out).toMatch(/^✘ mails +\S+@\S+ has 0 welcome mails$/m)
    expect(out).toMatch(/^1 of 9 verifications do NOT hold/m)
    expect(existsSync(folderIn(out))).toBe(false)
  })
})

describe('a visitor’s input that cannot be used', () => {
  it.concurrent.each([
    [['--images', 'nowhere'], /nowhere: ENOENT/],
    [['--images', 'empty'], /empty: there is no photograph in it/],
    [['--images', 'people.csv'], /people\.csv: ENOTDIR/],
    [['--csv', 'nobody.csv'], /nobody\.csv: ENOENT/],
    [['--csv', 'columns.csv'], /columns\.csv: there is no column name; it has first, email/],
    [['--csv', 'header.csv'], /header\.csv: there is no row/],
    [['--csv', 'pics'], /pics: EISDIR/],
  ] as const)('%s is refused before anything begins', async ([option, name], said) => {
    const { code, out, err } = await play(option, join(await visitor(), name)).run
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(said)
  })
})

describe('an interrupted run', () => {
  it('ends its processes and removes its folder', async () => {
    const { child, run, said } = play()
    const names = await said(/two workers: processes (\d+) and (\d+), under the supervisor (\d+)/)
    const pids = names.slice(1).map(Number)
    child.kill('SIGINT')
    const { code, out } = await run
    expect(code).toBe(130)
    expect(pids).toHaveLength(3)
    expect(pids.filter(isAlive)).toEqual([])
    expect(existsSync(folderIn(out))).toBe(false)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Names of the verifications that fail on a copy of the folder after this sabotage. */
async function failuresAfter(kept: string, name: string): Promise<readonly string[]> {
  const copy = await mkdtemp(join(tmpdir(), 'legwork-sabotaged-'))
  try {
    await cp(kept, copy, { recursive: true })
    // The compiled module, as the demo runs it; its type is its source's.
    const { sabotage } = (await import(join(demo, 'sabotage.js'))) as Sabotage
    await sabotage(copy, name)
    return await failures(copy)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function failures(folder: string): Promise<readonly string[]> {
  const { verify } = (await import(join(demo, 'verify.js'))) as Verify
  return (await verify(folder)).filter(({ problems }) => problems.length > 0).map(({ name }) => name)
}
