import type { Clock } from '../job/clock.ts'
import { InvalidOption, LegworkError } from '../job/errors.ts'
import { checkKey, checkKnown } from '../job/name.ts'
import { decode } from '../job/payload.ts'
import type { Wrapping } from '../job/wrapping.ts'
import type { Store } from '../store/index.ts'
import { type Blobs, toShelf } from './blobs.ts'
import { keyring, type KeySource } from './keys.ts'
import { rekey, type Rekeyed, type RekeyOptions } from './rekey.ts'
import { keepSweeping, sweeper } from './sweep.ts'
import { wrapping } from './wrapping.ts'

/** What an app says of its payloads. */
export interface PayloadOptions {
  readonly keys?: KeySource | undefined
  readonly redact?: readonly string[]
  readonly blobs?: Blobs
}

/** All that an app does with payloads besides running jobs. */
export interface PayloadRoom {
  readonly wrapping: Wrapping
  /** What an app offers of it. */
  verbs(open: () => Promise<Store>): {
    rekey(options?: RekeyOptions): Promise<Rekeyed>
    inputOf(id: string): Promise<unknown>
  }
  /** Removes blobs that nobody needs, now and then, until the answer is called. */
  keepSweeping(store: Store): () => Promise<void>
}

/** @throws {InvalidOption} LW1601, LW1201 */
export function payloadRoom({ keys, redact = [], blobs }: PayloadOptions, clock: Clock): PayloadRoom {
  const ring = keyring(keys, clock)
  const shelf = blobs && toShelf(blobs)
  const wraps = wrapping({ keyring: ring, redact, shelf })
  return {
    wrapping: wraps,
    verbs: (open) => ({
      async rekey(options = {}) {
        const checked = checkRekey(options)
        return rekey(await open(), ring, checked)
      },
      async inputOf(id) {
        const [job] = await (await open()).get([checkKey(id, 'id')])
        if (!job) throw new LegworkError('LW2301', `job ${id} is not in the store.`, { id })
        return decode(await wraps.payloadOf(job))
      },
    }),
    keepSweeping: (store) =>
      shelf ? keepSweeping(sweeper(store, shelf, clock), clock) : () => Promise.resolve(),
  }
}

function checkRekey(options: RekeyOptions): RekeyOptions {
  checkKnown(options, ['dryRun', 'signal', 'onProgress'], 'rekey option')
  const { dryRun, signal, onProgress } = options
  if (dryRun !== undefined && typeof dryRun !== 'boolean')
    throw new InvalidOption('dryRun', dryRun, 'true or false')
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new InvalidOption('signal', signal, 'an AbortSignal')
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new InvalidOption('onProgress', onProgress, 'a function')
  return options
}
