/** Where a job is. A job is in exactly one state at a time; a paused queue is not a state of its jobs. */
export type State = keyof typeof states

/** States in which a job still has something before it. */
export type LiveState = { [S in State]: (typeof states)[S]['final'] extends false ? S : never }[State]

/** States that only a person's retry leaves again. */
export type FinalState = Exclude<State, LiveState>

export const states = {
  blocked: {
    final: false,
    means: 'waits for other jobs: those it depends on, or an earlier one of its schedule',
  },
  scheduled: { final: false, means: 'waits for its time; a retry is simply scheduled again' },
  parked: { final: false, means: 'waits for room in a limit, outside the ready index' },
  ready: { final: false, means: 'may be claimed now' },
  dispatched: { final: false, means: 'handed to a transport, not yet confirmed by a worker' },
  running: { final: false, means: 'claimed: one worker holds its lease' },
  suspended: { final: false, means: 'durable sleep, signal or children: no lease, no slot' },
  completed: { final: true, means: 'done, with its result' },
  dead: { final: true, means: 'gave up; kept in the dead letters for a person to look at' },
  cancelled: { final: true, means: 'stopped on request' },
} as const satisfies Record<string, { final: boolean; means: string }>

/**
 * Every move a job can make. What is not written here cannot happen: stores check against it,
 * the schema's check constraint, the documentation's diagram and the random walks of the tests derive from it.
 */
export const moves = {
  unblock: { from: ['blocked'], to: ['scheduled', 'parked', 'ready', 'cancelled', 'dead'] },
  replace: { from: ['scheduled', 'ready'], to: ['scheduled', 'ready'] },
  promote: { from: ['scheduled', 'suspended'], to: ['ready', 'parked'] },
  admit: { from: ['parked'], to: ['ready'] },
  revoke: { from: ['ready'], to: ['parked'] },
  claim: { from: ['ready'], to: ['running'] },
  dispatch: { from: ['ready'], to: ['dispatched'] },
  confirm: { from: ['dispatched'], to: ['running'] },
  lapse: { from: ['running', 'dispatched'], to: ['ready', 'scheduled', 'cancelled', 'dead'] },
  complete: { from: ['running'], to: ['completed'] },
  retry: { from: ['running'], to: ['scheduled', 'ready', 'cancelled'] },
  snooze: { from: ['running'], to: ['scheduled', 'ready', 'cancelled'] },
  release: { from: ['running'], to: ['ready', 'scheduled', 'cancelled'] },
  suspend: { from: ['running'], to: ['suspended', 'cancelled'] },
  bury: { from: ['running'], to: ['dead'] },
  expire: { from: ['blocked', 'scheduled', 'parked', 'ready', 'suspended'], to: ['dead'] },
  cancel: {
    from: ['blocked', 'scheduled', 'parked', 'ready', 'dispatched', 'running', 'suspended'],
    to: ['cancelled'],
  },
  revive: { from: ['completed', 'dead', 'cancelled'], to: ['ready', 'parked', 'scheduled'] },
} as const satisfies Record<string, { from: readonly State[]; to: readonly State[] }>

export type Move = keyof typeof moves

export const allStates = Object.keys(states) as readonly State[]
export const finalStates = allStates.filter((s): s is FinalState => states[s].final)
export const liveStates = allStates.filter((s): s is LiveState => !states[s].final)

export const isFinal = (state: State): state is FinalState => states[state].final

/** True when `move` may take a job from `from` to `to`. */
export function canMove(move: Move, from: State, to: State): boolean {
  const rule: { from: readonly State[]; to: readonly State[] } = moves[move]
  return rule.from.includes(from) && rule.to.includes(to)
}
