import type { FailureGroup, FailureStatus } from '../job/dead.ts'
import type { Duration } from '../job/duration.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkKey, checkKnown, checkName, checkReason } from '../job/name.ts'
import { shownMessage } from '../job/shown.ts'
import type { Store } from '../store/index.ts'
import { toInstant } from './filter.ts'

/** Dead letters of one task and queue that look alike. */
export interface Failure extends Omit<FailureGroup, 'firstSeenAt' | 'lastSeenAt' | 'regressedAt'> {
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  /** When a job died in it although it had been resolved. */
  readonly regressedAt?: Date
}

export interface FailureFilter {
  readonly task?: string
  readonly queue?: string
  readonly fingerprint?: string
  /** Only groups in which a job died since this instant, or this long ago. */
  readonly since?: Date | Duration
}

export async function listFailures(store: Store, where: FailureFilter = {}, now: number): Promise<Failure[]> {
  checkKnown(where, ['task', 'queue', 'fingerprint', 'since'], 'failure filter')
  const { since, ...names } = where
  const groups = await store.failures.list({
    ...namesOf(names),
    ...(since !== undefined && { since: toInstant(since, 'since', now) }),
  })
  return groups.map(({ firstSeenAt, lastSeenAt, regressedAt, ...group }) => ({
    ...group,
    message: shownMessage(group.message),
    firstSeenAt: new Date(firstSeenAt),
    lastSeenAt: new Date(lastSeenAt),
    ...(regressedAt !== undefined && { regressedAt: new Date(regressedAt) }),
  }))
}

const namesOf = ({ task, queue, fingerprint }: Omit<FailureFilter, 'since'>) => ({
  ...(task !== undefined && { task: checkName(task, 'task') }),
  ...(queue !== undefined && { queue: checkName(queue, 'queue') }),
  ...(fingerprint !== undefined && { fingerprint: checkKey(fingerprint, 'fingerprint') }),
})

export async function markFailures(
  store: Store,
  which: Omit<FailureFilter, 'since'> & { readonly fingerprint: string },
  { status, by }: { readonly status: FailureStatus; readonly by: string },
): Promise<number> {
  checkKnown(which, ['task', 'queue', 'fingerprint'], 'failure mark')
  if (!(['open', 'ignored', 'resolved'] as const).includes(status))
    throw new InvalidOption('status', status, 'open, ignored or resolved')
  const fingerprint = checkKey(which.fingerprint, 'fingerprint')
  const [n] = await store.failures.mark([
    { ...namesOf(which), fingerprint, status, by: checkReason(by, 'by') },
  ])
  return n ?? 0
}
