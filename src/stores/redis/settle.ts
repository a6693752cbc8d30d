import { goesElsewhere } from '../../job/elsewhere.ts'
import { groupOf } from '../../job/dead.ts'
import type { Settled, Settlement, WorkerId } from '../../job/job.ts'
import { isLoss, survives } from '../../job/loss.ts'
import { digest, isFailure, stateAfter } from '../../job/settle.ts'
import type { Reply } from './port.ts'
import { given, rowsOf } from './row.ts'

/** The digest of a release that says nothing, for a worker that leaves. */
export const releaseDigest = digest({ id: '', fence: 0, move: 'release' })

/** Settlements as arguments of the scripts that take them: see settling.lua. */
export function settleArgs(worker: WorkerId, settlements: readonly Settlement[]): (string | number)[] {
  const args: (string | number)[] = [worker, settlements.length]
  for (const one of settlements)
    args.push(one.id, one.fence, one.move, digest(one), one.result ?? '', moreOf(one))
  return args
}

/** What is decided of an ending, as JSON; '' for one that is simply done. */
function moreOf(one: Settlement): string {
  const { move, delayMs = 0, reason, error } = one
  if (move === 'complete' && reason === undefined && error === undefined) return ''
  return JSON.stringify({
    to: stateAfter(one, false),
    toAsked: stateAfter(one, true),
    delay: delayMs,
    ...given('reason', reason),
    ...given('error', error && JSON.stringify(error)),
    ...(isFailure(one) && { fails: true }),
    ...(goesElsewhere(one) && { elsewhere: true }),
    ...(isLoss(one) && { lost: true }),
    ...(survives(one) && { survives: true }),
    ...(move === 'bury' && { group: groupOf(reason, error) }),
  })
}

// The script answers in the contract's words.
export const settledOf = (reply: Reply): readonly Settled[] => rowsOf(reply) as readonly Settled[]
