// `legwork demo` for people who installed the package and nothing else.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cli, folder, json, start } from './cli-kit.ts'

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

  test('--url is a server, or refused before anything begins', async () => {
    const where = own()
    for (const [url, says] of [
      ['./jobs.db', /^LW1201 --url: got "\.\/jobs\.db", expected redis:/],
      ['postgres://x:s3cret@127.0.0.1:1/db', /^LW1017 postgres:\/\/x@127\.0\.0\.1:1\/db cannot be reached/],
    ] as const) {
      const { code, out, err } = await cli(['demo', '--url', url], where)
      expect([code, out]).toEqual([url.startsWith('.') ? 2 : 6, ''])
      expect(err).toMatch(says)
      expect(err).not.toContain('s3cret')
    }
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

describe('demo on your own input', () => {
  /** A PNG's signature and header, which is all that its size needs. */
  const png = (width: number, height: number): Buffer => {
    const bytes = Buffer.alloc(33)
    bytes.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 0, 'latin1')
    bytes.writeUInt32BE(width, 16)
    bytes.writeUInt32BE(height, 20)
    return bytes
  }

  test('--csv greets its people, --images measures its photographs, --keep keeps the store', async () => {
    const cwd = folder({
      'people.csv': '\uFEFFid;Name;note\n1;"Grace ""Amazing"" Hopper";a\n2;Åsa;b\n\n',
      'pics/readme.txt': '',
    })
    writeFileSync(join(cwd, 'pics/b.PNG'), png(640, 480))
    writeFileSync(join(cwd, 'pics/broken.jpg'), 'no picture at all')
    const { code, out } = await cli(['demo', '--csv', 'people.csv', '--images', 'pics', '--keep'], {
      cwd,
      env: { TMPDIR: cwd },
    })
    expect(code, out).toBe(0)
    for (const text of [
      'Hello Grace "Amazing" Hopper',
      'Hello Åsa',
      'b.PNG 640 x 480',
      'broken.jpg is no photograph',
      '2 died',
    ])
      expect(out).toContain(text)
    expect(out).not.toContain('Hello Ada')
    const [, kept = ''] = /^Kept: (.*)$/m.exec(out) ?? []
    const { items } = await json<{ items: unknown[] }>(
      ['jobs', 'list', '--state', 'dead', '--url', join(kept, 'jobs.db')],
      { cwd },
    )
    expect(items).toHaveLength(1)
  })

  for (const [what, args, said] of [
    ['a folder that is not there', ['--images', 'nowhere'], /nowhere cannot be used: ENOENT/],
    [
      'a folder without photographs',
      ['--images', 'empty'],
      /empty cannot be used: there is no photograph in it/,
    ],
    ['a file in the place of the folder', ['--images', 'people.csv'], /people\.csv cannot be used: ENOTDIR/],
    ['a CSV file that cannot be read', ['--csv', 'nobody.csv'], /nobody\.csv cannot be used: ENOENT/],
    ['a folder in the place of the CSV file', ['--csv', 'empty'], /empty cannot be used: EISDIR/],
    [
      'a CSV file without the column, naming those it has',
      ['--csv', 'columns.csv'],
      /it has no column name \(it has first, last\)/,
    ],
    ['a CSV file with a header alone', ['--csv', 'header.csv'], /no name beneath its header/],
    ['a CSV file that is empty', ['--csv', 'nothing.csv'], /no column name \(it has none\)/],
    ['a CSV file that is no text', ['--csv', 'binary.csv'], /it is no text/],
  ] as const) {
    test(`refuses ${what}, before anything begins`, async () => {
      const files = {
        'empty/readme.txt': '',
        'people.csv': 'name\nAda\n',
        'columns.csv': 'first,last\na,b\n',
        'header.csv': 'name\n',
        'nothing.csv': '',
        'binary.csv': 'name\n\0\0',
      }
      const cwd = folder(files)
      const { code, out, err } = await cli(['demo', ...args], { cwd, env: { TMPDIR: cwd } })
      expect([code, out]).toEqual([1, ''])
      expect(err).toMatch(said)
      expect(err).toContain('LW1302')
      expect(readdirSync(cwd).filter((name) => name.startsWith('legwork-demo-'))).toEqual([])
    })
  }
})
