// One changes the URL: the demo, and the programs of the guide that name no store themselves, on each server.
// One program of each page; LEGWORK_ALL_PROGRAMS=1 for all.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAsPromised, type Program, pages, programsOf, root, run, workshop } from '../docs-kit.ts'
import { postgresServer } from '../fixtures/postgres.mjs'
import { sharedRedis } from '../fixtures/redis-server.mjs'

const servers = { postgres: postgresServer, redis: sharedRedis }
type Server = keyof typeof servers
/** Apart from all others: a program begins with an empty store. */
const placeOn = async (server: Server, name: string): Promise<string> => {
  const { url } = await servers[server]()
  return `${url}?${server === 'redis' ? 'prefix' : 'schema'}=${name}`
}

/** Leave the store to `LEGWORK_URL`. What they say of files is not asked of a server. */
const fits = ({ noRun, blocks, beside }: Program): boolean =>
  noRun === undefined &&
  [...blocks, ...beside.flatMap((one) => one.blocks)].every(
    ({ code }) => !/legwork\((?!\))|openDatabase|legwork\/testing|durability\(|jobs\.db/.test(code),
  ) &&
  blocks.some(({ code }) => /legwork\(\)/.test(code))
const fitting = pages()
  .filter((page) => /^(README|docs\/guide\/.*)\.md$/.test(page))
  .map((page) => programsOf(page).filter(fits))
const chosen = fitting.flatMap((all) => (process.env['LEGWORK_ALL_PROGRAMS'] ? all : all.slice(0, 1)))

// Not where test/shop.test.ts puts them, which may run at the same time.
const outDir = join(root, 'dist-examples/servers')
let shop: ReturnType<typeof workshop>
beforeAll(async () => {
  shop = workshop(chosen)
  const compiled = [
    shop.compile(),
    run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.examples.json', '--outDir', outDir], root),
  ]
  for (const { code, out } of await Promise.all(compiled)) expect(`${out}${code}`).toBe('0')
})
afterAll(() => {
  rmSync(shop.folder, { recursive: true, force: true })
  rmSync(outDir, { recursive: true, force: true })
})

describe.concurrent.each(Object.keys(servers) as Server[])('on %s', (server) => {
  test('the demo holds', { timeout: 120_000 }, async () => {
    const { url } = await servers[server]()
    const { code, out, err } = await run([join(outDir, 'shop/main.js'), '--store', url], root, {}, 110_000)
    expect({ code, err }, out).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^All 9 verifications hold; [\d.]+ s\.$/m)
  })

  test('legwork demo holds', async () => {
    const { url } = await servers[server]()
    const { code, out, err } = await run([join(root, 'dist/cli/main.js'), 'demo', '--url', url], root)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^A demo on \S+ \([a-z]+-safe\)\. Its jobs stay there, (prefix|schema) demo-\w+\./)
    expect(out).toContain('8 jobs completed')
  })

  test.each([...chosen.entries()].map(([n, one]) => ({ n, one, name: one.name })))(
    '$name prints what it says',
    async ({ n, one }) => {
      const { code, out, err } = await shop.run(one, { LEGWORK_URL: await placeOn(server, `guide${n}`) })
      expect(code, err).toBe(0)
      const printed = out.split('\n').slice(0, -1)
      if (!isAsPromised(printed, shop.promisedBy(one))) expect(printed, err).toEqual(shop.promisedBy(one))
    },
  )
})

test('programs of nearly every page are among them', () => expect(chosen.length).toBeGreaterThan(12))
