import { postgres } from 'legwork/postgres'
import { clock, compare } from '../fixtures/model-play.ts'
import { postgresServer } from '../fixtures/postgres.mjs'

let schemas = 0

compare({
  name: 'Postgres',
  sequences: Number(process.env['LEGWORK_SEQUENCES'] ?? 60),
  /** A schema of its own on the private server. */
  async fresh() {
    const { url } = await postgresServer()
    const store = postgres({ url, schema: `model_${++schemas}`, max: 2, notify: false, clock })
    await store.open()
    return store
  },
})
