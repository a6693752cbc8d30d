import { type Engine, readJson } from './engine.ts'
import type { Ticket } from './ending.ts'
import type { Lease } from './lease.ts'
import { codeOf } from './row.ts'

/** The ticket of a job that may be final: its state is null then, and its counters with it. */
export type Found = Omit<Ticket, 'state'> & { readonly state: number | null }

/** In the order of tickets-by-id.sql. */
const columns = [
  'id',
  'retain',
  'priority',
  'seq',
  'state',
  'queue_id',
  'available_at_ms',
  'fence',
  'attempt',
  'failures',
  'losses',
  'snoozes',
  'releases',
  'holder_id',
  'expires_at_ms',
  'started_at_ms',
  'cancel_reason',
  'progress',
  'log_lines',
  'log_bytes',
  'unique_states',
] as const satisfies readonly (keyof Ticket)[]

/** Where jobs are, in the order asked; `undefined` for an unknown id. */
export function ticketsOf(e: Engine, items: readonly { readonly id: string }[]): (Found | undefined)[] {
  const rows = readJson(e, 'ticketsById', JSON.stringify(items.map((item) => item.id))) as unknown[][]
  return rows.map((row) => (row[0] === null ? undefined : toFound(row)))
}

function toFound(row: readonly unknown[]): Found {
  const found: Record<string, unknown> = {}
  for (let i = 0; i < columns.length; i++) found[columns[i] as string] = row[i]
  // Built from the very columns that the type names.
  return found as unknown as Found
}

/** The ticket, if this worker holds the job by this very claim. The fence of every write by a worker. */
export function heldTicket(found: Found, lease: Lease | undefined, fence: number): Ticket | undefined {
  const holds =
    lease?.held && found.state === codeOf.running && found.holder_id === lease.id && found.fence === fence
  return holds ? (found as Ticket) : undefined
}
