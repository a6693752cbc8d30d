import type { Clock } from '../../job/clock.ts'
import type { Attempt, ErrorInfo, Instant, LogLine, NewJob, Progress, WorkerId } from '../../job/job.ts'
import type { Came, DeclaredLimits, QueueLimits } from '../../job/intake.ts'
import { isFinal, type State } from '../../job/state.ts'
import type { Closings } from './closing.ts'
import { holdKey } from './keys.ts'
import { laneOf } from './lane.ts'
import { insert, remove } from './line.ts'
import { type Dead, died, newDead, type Revisions, risen } from './dead.ts'
import type { WorkerRow } from './lease.ts'
import { finish, newRetained, type Retained } from './retain.ts'
import type { ScheduleRow, Slot } from './schedules.ts'

/** One job, with everything that happened to it. */
export interface Row {
  readonly seq: number
  job: NewJob
  createdAt: Instant
  state: State
  availableAt: Instant
  expiresAt?: Instant | undefined
  startedAt?: Instant | undefined
  finishedAt?: Instant | undefined
  keepUntil?: Instant | undefined
  bytes?: number | undefined
  revivedAt?: Instant | undefined
  attempt: number
  fence: number
  failures: number
  losses: number
  snoozes: number
  releases: number
  holder?: WorkerId | undefined
  call?: number | undefined
  cancelRequested?: string | undefined
  reason?: string | undefined
  result?: string | undefined
  error?: ErrorInfo | undefined
  progress?: Progress | undefined
  revisions?: Revisions
  checkpoint?: string | undefined
  suspect?: boolean
  /** Host and process that are not to run it next. */
  avoids?: string | undefined
  /** The fence under which its handler last began. */
  begun?: number
  /** `n` rises with every attempt of the store that ends. */
  readonly attempts: (Attempt & { readonly digest: string; readonly n: number })[]
  slot?: Slot
  readonly logs: (LogLine & { readonly attempt: number })[]
}

/** The whole store: plain maps, walked where an engine would use an index. */
export interface Tables {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly rows: Map<string, Row>
  /** Ready jobs of each lane in the order in which they are claimed. */
  readonly ready: Map<string, Row[]>
  readonly scheduled: Set<Row>
  readonly running: Set<Row>
  /** Who holds each unique key. */
  readonly keys: Map<string, Row>
  readonly workers: Map<WorkerId, WorkerRow>
  readonly paused: Map<string, { reason: string; by: string; at: Instant }>
  /** What queues take from producers, what code declared of that last, and which jobs came lately. */
  readonly limits: Map<string, QueueLimits>
  readonly declared: Map<string, DeclaredLimits>
  readonly came: Map<string, readonly Came[]>
  readonly audit: { at: Instant; by: string; verb: string; target: string; reason?: string | undefined }[]
  readonly closings: Closings
  readonly schedules: Map<string, ScheduleRow>
  readonly dead: Dead
  readonly retained: Retained
  seq: number
  /** Attempts that have ended. */
  endings: number
  /** Told of each move of a job that belongs to a schedule. */
  slotMoved(row: Row): void
}

export const newTables = (clock: Tables['clock']): Tables => ({
  clock,
  rows: new Map(),
  ready: new Map(),
  scheduled: new Set(),
  running: new Set(),
  keys: new Map(),
  workers: new Map(),
  paused: new Map(),
  limits: new Map(),
  declared: new Map(),
  came: new Map(),
  audit: [],
  closings: [],
  schedules: new Map(),
  dead: newDead(),
  retained: newRetained(),
  seq: 0,
  endings: 0,
  slotMoved: () => {},
})

/** Takes a row out of the index of its old state and puts it into that of the new one. */
export function move(s: Tables, row: Row, to: State): void {
  const wasRunning = row.state === 'running'
  if (row.state === 'dead') risen(s, row)
  if (row.state === 'ready') remove(readyOf(s, laneOf(row)), row)
  s.scheduled.delete(row)
  s.running.delete(row)
  const from = row.state
  row.state = to
  if (to === 'ready') insert(readyOf(s, laneOf(row)), row)
  if (to === 'scheduled') s.scheduled.add(row)
  if (to === 'running') s.running.add(row)
  if (to !== 'running') row.holder = row.call = undefined
  if (isFinal(to)) finish(s, row)
  holdKey(s, row, from)
  if (row.slot) s.slotMoved(row)
  if (to === 'dead') died(s, row, wasRunning)
}

/** When a new job may first be claimed. */
export const startsAt = ({ clock }: Tables, { runAt, delayMs = 0 }: NewJob): Instant =>
  Math.max(clock.now(), runAt ?? clock.now() + delayMs)

export function readyOf(s: Tables, lane: string): Row[] {
  const rows = s.ready.get(lane) ?? []
  s.ready.set(lane, rows)
  return rows
}
