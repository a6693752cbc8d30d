import { limits } from '../../job/defaults.ts'
import type { LogLine, Settled, WorkerId } from '../../job/job.ts'
import { utf8Bytes } from '../../job/text.ts'
import type { Note } from '../../store/index.ts'
import { holds } from './settle.ts'
import type { Row, Tables } from './tables.ts'

/** Keeps progress and logs with the running attempt, and a checkpoint with the job; fenced like a settle. */
export function record(s: Tables, worker: WorkerId, notes: readonly Note[]): Settled[] {
  return notes.map((note) => {
    const row = s.rows.get(note.id)
    if (!row) return 'gone'
    if (!holds(s, row, worker, note.fence)) return 'stale'
    const now = s.clock.now()
    if (note.checkpoint !== undefined) row.checkpoint = note.checkpoint
    if (note.begun) row.begun = row.fence
    if (note.progress) row.progress = { at: now, ...note.progress }
    for (const { agoMs, ...line } of note.logs ?? [])
      row.logs.push({ attempt: row.attempt, at: now - agoMs, ...line })
    cap(row)
    return 'applied'
  })
}

/** Drops the oldest lines of the attempt over its limit. */
function cap(row: Row): void {
  const size = (line: LogLine) => utf8Bytes(line.message) + utf8Bytes(line.data ?? '')
  let total = row.logs.reduce((sum, line) => sum + (line.attempt === row.attempt ? size(line) : 0), 0)
  while (total > limits.logBytesPerAttempt) {
    const at = row.logs.findIndex((line) => line.attempt === row.attempt)
    const [gone] = row.logs.splice(at, 1)
    total -= gone ? size(gone) : total
  }
}
