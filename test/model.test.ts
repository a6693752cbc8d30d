import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { sqlite } from 'legwork/sqlite'
import { freshFolder } from './fixtures/houses.mjs'
import { clock, compare } from './fixtures/model-play.ts'

compare({
  name: 'SQLite',
  sequences: Number(process.env['LEGWORK_SEQUENCES'] ?? 600),
  /** A file of its own, without waiting for a disk; its folder goes with it. */
  async fresh() {
    const folder = freshFolder('legwork-model-')
    const opened = sqlite({ path: join(folder, 'jobs.db'), durability: 'process-safe', clock })
    await opened.open()
    const close = async () => {
      await opened.close()
      rmSync(folder, { recursive: true, force: true })
    }
    return { ...opened, close }
  },
})
