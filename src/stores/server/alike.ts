import type { NewJob } from '../../job/job.ts'

/** Equal in all that a job says of itself, but for its id, payload, tags, unique key and instant; policies only where they are one object. */
export const saysSame = (a: NewJob, b: NewJob): boolean =>
  a.task === b.task &&
  a.queue === b.queue &&
  a.version === b.version &&
  a.priority === b.priority &&
  a.maxAttempts === b.maxAttempts &&
  a.delayMs === b.delayMs &&
  a.ttlMs === b.ttlMs &&
  a.deadlineMs === b.deadlineMs &&
  a.onCrash === b.onCrash &&
  a.retain === b.retain
