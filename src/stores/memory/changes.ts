import type { Change, Changes, RunningView, Since } from '../../store/index.ts'
import { withoutDigest } from './look.ts'
import type { Row, Tables } from './tables.ts'

/** What happened since a place: the numbers of the last job, ended attempt, act and closing that were told. */
export function changes(s: Tables, { after, limit, running = 0 }: Since): Changes {
  const { forgottenActs } = s.retained
  const place = after?.split('.').map(Number) ?? []
  const [seq = s.seq, ending = s.endings, acts = forgottenActs + s.audit.length] = place
  const closings = place[3] ?? s.closings.length
  const rows = [...s.rows.values()]
  const came = rows.filter((row) => row.seq > seq).sort((a, b) => a.seq - b.seq)
  const ended = rows
    .flatMap((row) => row.attempts.map((attempt) => ({ row, attempt })))
    .filter(({ attempt }) => attempt.n > ending)
    .sort((a, b) => a.attempt.n - b.attempt.n)
  // Those that were forgotten before they were told are told by nobody.
  const from = Math.max(0, acts - forgottenActs)
  const acted = s.audit.slice(from)
  const closed = s.closings.slice(closings)
  const page = {
    came: came.slice(0, limit),
    ended: ended.slice(0, limit),
    acted: acted.slice(0, limit),
    closed: closed.slice(0, limit),
  }
  const items: Change[] = [
    ...page.came.map((row) => ({ at: row.createdAt, kind: 'enqueued' as const, ...nameOf(row) })),
    ...page.ended.map(({ row, attempt }) => ({
      at: attempt.endedAt,
      kind: 'ended' as const,
      ...nameOf(row),
      attempt: withoutDigest(attempt),
    })),
    ...page.closed.map((one) => ({ kind: 'closed' as const, ...one })),
    ...page.acted.map(({ reason, ...one }) => ({
      kind: 'acted' as const,
      ...one,
      ...(reason !== undefined && { reason }),
    })),
  ]
  const cursor = [
    page.came.at(-1)?.seq ?? seq,
    page.ended.at(-1)?.attempt.n ?? ending,
    forgottenActs + from + page.acted.length,
    closings + page.closed.length,
  ].join('.')
  const more = [came, ended, acted, closed].some((all) => all.length > limit)
  const totals = { enqueued: s.seq, ended: s.endings }
  return { items: items.sort((a, b) => a.at - b.at), running: runningOf(s, running), cursor, totals, more }
}

const nameOf = ({ job: { id, task, queue }, state }: Row) => ({ id, task, queue, state })

const runningOf = (s: Tables, most: number): RunningView[] =>
  [...s.running]
    .sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0) || a.seq - b.seq)
    .slice(0, most)
    .map((row) => ({
      id: row.job.id,
      task: row.job.task,
      queue: row.job.queue,
      attempt: row.attempt,
      worker: row.holder ?? '',
      startedAt: row.startedAt ?? 0,
      ...(row.progress && { progress: row.progress }),
    }))
