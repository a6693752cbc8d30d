import { placeOf } from '../../store/cursor.ts'
import type { Attempt, Job } from '../../job/job.ts'
import { allStates, isFinal, type State } from '../../job/state.ts'
import type { Count, Found, Where, WorkerView } from '../../store/index.ts'
import { suspectLane } from './lane.ts'
import { slotOf } from './schedules.ts'
import { readyOf, type Row, type Tables } from './tables.ts'

export function get(
  s: Tables,
  ids: readonly string[],
  options: { attempts?: boolean; logs?: boolean; revisions?: boolean },
): (Job | undefined)[] {
  return ids.map((id) => {
    const row = s.rows.get(id)
    if (!row) return undefined
    const attempts = row.attempts.map(withoutDigest)
    const logs = [...row.logs].sort((a, b) => a.attempt - b.attempt)
    const { revisions = [] } = row
    return {
      ...toJob(row),
      ...(options.attempts && { attempts }),
      ...(options.logs && { logs }),
      ...(options.revisions && { revisions }),
    }
  })
}

export function find(s: Tables, where: Where, { limit, cursor }: { limit: number; cursor?: string }): Found {
  const after = cursor === undefined ? Infinity : placeOf(cursor, 10)
  const rows = [...s.rows.values()]
    .filter((row) => row.seq < after && fits(row, where))
    .sort((a, b) => b.seq - a.seq)
  const page = rows.slice(0, limit)
  return { jobs: page.map(toJob), ...(rows.length > limit && { cursor: String(page.at(-1)?.seq) }) }
}

export function withoutDigest({ digest: _digest, n: _n, ...attempt }: Row['attempts'][number]): Attempt {
  return attempt
}

function fits({ state, job }: Row, { states, queue, task, tag }: Where): boolean {
  return (
    (states === undefined || states.includes(state)) &&
    (queue === undefined || job.queue === queue) &&
    (task === undefined || job.task === task) &&
    (tag === undefined || job.tags.includes(tag))
  )
}

export function counts(s: Tables, only?: readonly string[]): Count[] {
  const names = new Set([
    ...[...s.rows.values()].map((row) => row.job.queue),
    ...s.paused.keys(),
    ...s.limits.keys(),
    ...s.declared.keys(),
  ])
  return [...names]
    .filter((name) => only?.includes(name) ?? true)
    .sort()
    .map((queue) => {
      const states = Object.fromEntries(allStates.map((state) => [state, 0])) as Record<State, number>
      for (const row of s.rows.values()) if (row.job.queue === queue) states[row.state] += 1
      const ready = [...readyOf(s, queue), ...readyOf(s, suspectLane(queue))]
      const oldest = Math.min(...ready.map((row) => row.availableAt))
      const [paused, limits, declared] = [s.paused.get(queue), s.limits.get(queue), s.declared.get(queue)]
      return {
        queue,
        states,
        ...(paused && { paused }),
        ...(limits && { limits }),
        ...(declared && { declared }),
        ...(oldest !== Infinity && { oldestReadyAt: oldest }),
      }
    })
}

export function workers(s: Tables): WorkerView[] {
  return [...s.workers.values()].map((w) => ({
    ...w,
    leaseEndsAt: Math.round(s.clock.now() + w.leaseEndsAt - s.clock.monotonic()),
    running: [...s.running].filter((row) => row.holder === w.id).length,
  }))
}

function toJob(row: Row): Job {
  const { job, state, error } = row
  const { id, task, queue, payload, version, priority, tags, maxAttempts } = job
  const { createdAt, availableAt, attempt, fence, failures, losses, snoozes, releases } = row
  const optional = {
    expiresAt: row.expiresAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    worker: row.holder,
    cancelRequested: row.cancelRequested,
    reason: row.reason,
    result: row.result,
    checkpoint: row.checkpoint,
    error,
    progress: row.progress,
    suspect: row.suspect && !isFinal(state) ? true : undefined,
    avoids: row.avoids,
    schedule: slotOf(row),
  }
  const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  const counters = { attempt, fence, failures, losses, snoozes, releases, maxAttempts }
  return {
    id,
    task,
    queue,
    state,
    payload,
    version,
    priority,
    tags,
    createdAt,
    availableAt,
    ...counters,
    ...known,
  }
}
