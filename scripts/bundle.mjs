// Makes one file of each of the store's threads: Node loads fifty small modules in twice the time that the rest of an opening takes.
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { root } from './ready.mjs'

for (const name of ['thread', 'wal-thread']) {
  const entry = join(root, `dist/stores/sqlite/${name}.js`)
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external: (id) => id !== entry && /^(?!\.{0,2}\/|\0)/.test(id),
  })
  await bundle.write({ file: entry, format: 'esm', codeSplitting: false, sourcemap: true })
  await bundle.close()
}
