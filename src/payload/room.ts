import type { Clock } from '../job/clock.ts'
import { InvalidOption } from '../job/errors.ts'
import { checkKnown } from '../job/name.ts'
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
  rekey(store: Store, options?: RekeyOptions): Promise<Rekeyed>
  /** Removes blobs that nobody needs, now and then, until the answer is called. */
  keepSweeping(store: Store): () => Promise<void>
}

/** @throws {InvalidOption} LW1601, LW1201 */
export function payloadRoom({ keys, redact = [], blobs }: PayloadOptions, clock: Clock): PayloadRoom {
  const ring = keyring(keys, clock)
  const shelf = blobs && toShelf(blobs)
  return {
    wrapping: wrapping({ keyring: ring, redact, shelf }),
    rekey: (store, options = {}) => rekey(store, ring, checkRekey(options)),
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
