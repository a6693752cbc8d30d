import { LegworkError, WrongMoment } from '../job/errors.ts'

/** How far an app is in its one life. */
export interface Phase {
  isStarted: boolean
  isStopping: boolean
}

export const newPhase = (): Phase => ({ isStarted: false, isStopping: false })

/** @throws {LegworkError} LW1006 */
export function refuseStopped({ isStopping }: Phase, call: string): void {
  if (isStopping) throw closed(call)
}

/** What an app must be told before it starts. @throws {LegworkError} LW1006 @throws {WrongMoment} LW1204 */
export function refuseLate(phase: Phase, call: string, fix: string): void {
  refuseStopped(phase, call)
  if (phase.isStarted) throw new WrongMoment('LW1204', `${call} came after start(). ${fix}`)
}

export const closed = (what: string) =>
  new LegworkError('LW1006', `${what} came after stop(). Create a new app; one app has one life.`)
