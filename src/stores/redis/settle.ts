import { goesElsewhere } from '../../job/elsewhere.ts'
import { groupOf } from '../../job/dead.ts'
import type { Settled, Settlement, WorkerId } from '../../job/job.ts'
import { isLoss, survives } from '../../job/loss.ts'
import { digest, isFailure, stateAfter } from '../../job/settle.ts'
import { isMinted } from './minted.ts'
import type { Numbers } from './numbers.ts'
import type { Reply } from './port.ts'
import { given, rowsOf } from './row.ts'

/** The digest of a release that says nothing, for a worker that leaves. */
export const releaseDigest = digest({ id: '', fence: 0, move: 'release' })

/** Of a completion without a result. */
const plainDigest = digest({ id: '', fence: 0, move: 'complete' })

/** Settlements as arguments of the scripts that take them: see ordering.lua. Ids that look minted are told apart by their end. */
export function settleArgs(worker: WorkerId, settlements: readonly Settlement[], numbers: Numbers) {
  const runs: number[] = []
  let ends = ''
  const others: (string | number)[] = []
  for (let place = 0; place < settlements.length; place++) {
    const one = settlements[place] as Settlement
    const n = numbers.of(one.id)
    const done = isDone(one)
    if (done && n !== undefined && one.result === undefined && isMinted(one.id)) {
      putInRun(runs, n, one.fence)
      ends += one.id.slice(-8)
    } else {
      const more = done ? '' : moreOf(one)
      others.push(place, one.id, n ?? '', one.fence, one.move, digest(one), one.result ?? '', more)
    }
  }
  return [worker, `[${runs.join(',')}]`, ends, plainDigest, others.length / 8, ...others]
}

/** Jobs that follow one another mostly end together: the first number, how many they are, and their fence. */
function putInRun(runs: number[], n: number, fence: number): void {
  const last = runs.length - 3
  const many = last < 0 ? 0 : (runs[last + 1] as number)
  if (many > 0 && runs[last + 2] === fence && (runs[last] as number) + many === n) runs[last + 1] = many + 1
  else runs.push(n, 1, fence)
}

/** Completed, and nothing is said of it. */
const isDone = ({ move, reason, error }: Settlement): boolean =>
  move === 'complete' && reason === undefined && error === undefined

/** What is decided of an ending, as JSON. */
function moreOf(one: Settlement): string {
  const { move, delayMs = 0, reason, error } = one
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

/** The answers by position; the script says only how many there are where all were applied. */
export const settledOf = (reply: Reply): Settled[] =>
  // The script answers in the contract's words.
  typeof reply === 'number'
    ? Array<Settled>(reply).fill('applied')
    : [...(rowsOf(reply) as readonly Settled[])]
