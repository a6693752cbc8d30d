import type { Store } from './contract.ts'

/** What goes wrong with a call: it fails before anything happened, or after it was done, so that its reply is lost. */
export type Fault = 'error-before' | 'lost-reply'

/**
 * Wraps a store so that calls fail as networks and engines do. `plan` is asked before each call and says what happens to it.
 * For tests of stores, of workers and of users' handlers.
 */
export function faulty(store: Store, plan: (verb: keyof Store) => Fault | undefined): Store {
  const wrapped = Object.entries(store).map(([verb, member]) => {
    if (typeof member !== 'function' || !breakable.has(verb)) return [verb, member]
    const call = member as (...args: unknown[]) => Promise<unknown>
    return [
      verb,
      async (...args: unknown[]) => {
        const fault = plan(verb as keyof Store)
        if (fault === 'error-before') throw new Error(`injected fault before ${verb}`)
        const answer = await call(...args)
        if (fault === 'lost-reply') throw new Error(`injected fault: reply of ${verb} lost`)
        return answer
      },
    ]
  })
  return Object.fromEntries(wrapped) as Store
}

const breakable = new Set<string>([
  'enqueue',
  'claim',
  'settle',
  'exchange',
  'record',
  'beat',
  'lapse',
  'leave',
  'tend',
  'setQueues',
  'act',
  'edit',
  'get',
  'find',
  'counts',
  'workers',
  'changes',
] satisfies (keyof Store)[])
