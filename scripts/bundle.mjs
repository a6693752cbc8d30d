// Makes one file of the store's thread: Node loads fifty small modules in twice the time that the rest of an opening takes.
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from './ready.mjs'

const entry = join(root, 'dist/stores/sqlite/thread.js')
const packages = /^(?!\.{0,2}\/|\0)/
const bundle = await rolldown({
  input: entry,
  platform: 'node',
  external: (id) => id !== entry && packages.test(id),
})
await bundle.write({ file: entry, format: 'esm', codeSplitting: false, sourcemap: true })
await bundle.close()
