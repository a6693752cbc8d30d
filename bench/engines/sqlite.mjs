// A place is a file in a fresh folder.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from '@photostructure/sqlite'
import { probeOf } from './index.mjs'

export const start = async (root) => ({
  place(system) {
    const folder = mkdtempSync(join(root, 'figure-'))
    const file = join(folder, system.file)
    return {
      where: { file },
      probe: async () => openProbe(system, file),
      end: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
  stop: async () => {},
})

function openProbe({ isDrained, settled, counted }, file) {
  const db = new DatabaseSync(file, { timeout: 5_000 })
  const number = (statement) => Number(Object.values(statement.get())[0])
  const asked = (sql) => number(db.prepare(sql))
  const [drained, soFar] = [db.prepare(isDrained), db.prepare(counted)]
  return probeOf({
    isDrained: async () => number(drained) === 1,
    counted: async () => number(soFar),
    settled: async () => asked(settled),
    /** Bytes of the pages in use, after everything has gone from the log into the file. */
    async bytes() {
      db.exec('pragma wal_checkpoint(truncate)')
      return (asked('pragma page_count') - asked('pragma freelist_count')) * asked('pragma page_size')
    },
    close: async () => db.close(),
  })
}
