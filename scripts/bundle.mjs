// Makes a few files of the hundreds that tsc wrote into dist/: to load each of them takes Node half a millisecond.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from './ready.mjs'

const dist = join(root, 'dist')
const within = (path) => relative(dist, path).split(sep).join('/')
const modules = readdirSync(dist, { recursive: true })
  .filter((name) => name.endsWith('.js'))
  .map((name) => within(join(dist, name)))

/** Each is a program of its own, and shares no module with the process that starts it. */
const threads = modules.filter((name) => /[/-]thread\.js$/.test(name))

/** Run when they are loaded, so nothing else may stand in the same file. */
const programs = ['cli/main.js', 'isolate-child.js']

const { exports, bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = [
  ...Object.values(exports).flatMap((door) => door.default ?? []),
  ...Object.values(bin),
  ...programs.map((name) => `./dist/${name}`),
  // What scripts, the benchmark and tests read besides.
  './dist/calendar/slots.js',
  './dist/calendar/zone.js',
  './dist/cli/program.js',
  './dist/job/catalogue.js',
  './dist/job/defaults.js',
  './dist/job/duration.js',
  './dist/job/state.js',
  './dist/open-store.js',
  './dist/stores/sqlite/checks.js',
  './dist/version.js',
].map((path) => within(join(root, path)))

/** A file each for what not everybody loads, and one for all else. */
const apart = /^(stores\/\w+|cli|conformance|testing)\//
const roomOf = (id) =>
  programs.includes(within(id)) ? null : (apart.exec(within(id))?.[1].replace('/', '-') ?? 'core')

/** A URL of a file beside the module is written from dist/ on, until it is known where the code comes to stand. */
const addresses = {
  name: 'addresses',
  transform: (code, id) =>
    code.replaceAll(/new URL\('([^']+)', import\.meta\.url\)/g, (all, path) => {
      const target = join(dirname(id), path)
      // In messages and examples there are others.
      return existsSync(target) ? `new URL("dist:${within(target)}", import.meta.url)` : all
    }),
}
const addressed = (code, fileName) =>
  code.replaceAll(/new URL\("dist:([^"]*)", import\.meta\.url\)/g, (_, path) => {
    const from = posix.relative(posix.join('/dist', posix.dirname(fileName)), posix.join('/dist', path))
    return `new URL("./${from}${/(^|\/)(\.\.)?$/.test(path) ? '/' : ''}", import.meta.url)`
  })

async function bundle(names, output) {
  const made = await rolldown({
    input: Object.fromEntries(names.map((name) => [name.replace(/\.js$/, ''), join(dist, name)])),
    platform: 'node',
    preserveEntrySignatures: 'allow-extension',
    external: (id) => !names.includes(within(id)) && /^(?!\.{0,2}\/|\0)/.test(id),
    plugins: [addresses],
    checks: { ineffectiveDynamicImport: false },
  })
  const { output: files } = await made.generate({ format: 'esm', minifyInternalExports: false, ...output })
  await made.close()
  return files
}

const files = await bundle(entries, {
  chunkFileNames: 'rooms/[name].js',
  codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: roomOf, debugName: 'rooms' }] },
})
for (const name of threads) files.push(...(await bundle([name], { codeSplitting: false })))

for (const name of modules) rmSync(join(dist, name))
for (const { fileName, code } of files) {
  mkdirSync(dirname(join(dist, fileName)), { recursive: true })
  writeFileSync(join(dist, fileName), addressed(code, fileName))
}
