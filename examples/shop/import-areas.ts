import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parse } from 'csv-parse'
import { handler } from 'legwork'
import type { Places } from './places.ts'
import { addAreas, type Area, rowsImported, type ShopDb } from './shop.ts'
import { importAreas } from './tasks.ts'

/** The shop's names for the columns of the file, in its order. */
const columns = ['zip', 'latitude', 'longitude', 'city', 'state', 'county']

const chunkRows = 250

/** In ms. The import takes the file's write lock again and again; this rest leaves it to the others. */
const restMs = 40

/**
 * Imports chunk by chunk. Each chunk and the cursor behind it are one transaction, so a run that follows a
 * killed one goes on after the last committed row.
 */
export function importInto(db: ShopDb, { folder }: Places) {
  return handler(importAreas, async ({ input: { file, rows }, signal, progress, log }) => {
    let done = rowsImported(db, file)
    log.info(done === 0 ? `starts with ${file}` : `goes on after row ${done}`)
    for await (const chunk of chunksOf(join(folder, file), done)) {
      signal.throwIfAborted()
      done = addAreas(db, file, { done, rows: chunk })
      progress({ percent: (100 * done) / rows, note: `row ${done}`, data: { rows: done } })
      await pause(restMs, undefined, { signal })
    }
    return { rows: done }
  })
}

async function* chunksOf(path: string, done: number): AsyncGenerator<readonly Area[]> {
  const rows = createReadStream(path).pipe(parse({ columns: () => columns, from: done + 1 }))
  let chunk: Area[] = []
  for await (const row of rows) {
    // The parser names the columns as it was told.
    if (chunk.push(row as Area) < chunkRows) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}
