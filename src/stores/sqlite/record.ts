import { limits } from '../../job/defaults.ts'
import type { LogLine, Settled, WorkerId } from '../../job/job.ts'
import { utf8Bytes } from '../../job/text.ts'
import type { Note } from '../../store/contract.ts'
import type { Ticket } from './ending.ts'
import type { Engine } from './engine.ts'
import { findWorker, type Lease } from './lease.ts'
import { levels } from './row.ts'
import { heldTicket, ticketsOf } from './ticket.ts'

/** Keeps progress and logs with the running attempt, and a checkpoint with the job; fenced like a settle. */
export function record(e: Engine, worker: WorkerId, notes: readonly Note[]): Settled[] {
  const lease = findWorker(e, worker)
  return notes.map((note) => recordOne(e, lease, note))
}

function recordOne(e: Engine, lease: Lease | undefined, note: Note): Settled {
  const [found] = ticketsOf(e, [note])
  if (!found) return 'gone'
  const ticket = heldTicket(found, lease, note.fence)
  if (!ticket) return 'stale'
  const now = e.time.now()
  const progress = note.progress ? JSON.stringify({ at: now, ...note.progress }) : ticket.progress
  if (note.begun) e.statement('ticketBegun').run(ticket.seq)
  if (note.checkpoint !== undefined) e.statement('checkpointKeep').run(ticket.seq, note.checkpoint)
  const log = addLines(e, ticket, note.logs ?? [])
  e.statement('recordTicket').run(ticket.seq, progress, log.lines, log.bytes)
  return 'applied'
}

interface LogSize {
  readonly lines: number | null
  readonly bytes: number | null
}

function addLines(e: Engine, ticket: Ticket, lines: NonNullable<Note['logs']>): LogSize {
  if (lines.length === 0) return { lines: ticket.log_lines, bytes: ticket.log_bytes }
  let n = ticket.log_lines ?? 0
  let bytes = ticket.log_bytes ?? 0
  for (const { agoMs, level, message, data } of lines) {
    n += 1
    bytes += size({ message, data })
    e.statement('logAdd').run(
      ticket.seq,
      ticket.attempt,
      n,
      e.time.now() - agoMs,
      levels.indexOf(level),
      message,
      data ?? null,
    )
  }
  return { lines: n, bytes: cap(e, ticket, bytes) }
}

/** Drops the oldest lines of the attempt over its limit; answers what is left. */
function cap(e: Engine, { seq, attempt }: Ticket, total: number): number {
  let bytes = total
  while (bytes > limits.logBytesPerAttempt) {
    const oldest = e.statement('logOldest').all(seq, attempt, 256) as {
      n: number
      message: string
      data: string | null
    }[]
    let last = 0
    for (const line of oldest) {
      if (bytes <= limits.logBytesPerAttempt) break
      bytes -= size(line)
      last = line.n
    }
    if (last === 0) return bytes
    e.statement('logDrop').run(seq, attempt, last)
  }
  return bytes
}

const size = ({ message, data }: { message: string; data?: LogLine['data'] | null }): number =>
  utf8Bytes(message) + utf8Bytes(data ?? '')
