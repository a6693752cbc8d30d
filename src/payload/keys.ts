import { hkdfSync } from 'node:crypto'
import type { Clock } from '../job/clock.ts'
import { InvalidOption, LegworkError, show } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'

/**
 * Keys by their names, 32 bytes each in base64, and which of them new jobs are sealed with:
 * `{ active: 'k2', k1: '…', k2: '…' }`. `index` names the one that unique keys are made with; it has to stay the same
 * when `active` changes, and may be left out while there is only one key.
 */
export type Keys = { readonly active: string; readonly index?: string } & Readonly<Record<string, string>>

/** The keys, their JSON text, or a function that fetches them; it is called again when a key is missing. */
export type KeySource = Keys | string | (() => Keys | string | Promise<Keys | string>)

export interface Ring {
  readonly active: string
  readonly keys: ReadonlyMap<string, Buffer>
  readonly index: string | undefined
}

export interface Keyring {
  /** @throws {LegworkError} LW1602 when there are no keys, LW1601 when they are wrong. */
  ring(): Promise<Ring>
  /** The key of that name; undefined when it is not here. */
  find(kid: string): Promise<Buffer | undefined>
  /** For blind indexes: the same for every active key. @throws {LegworkError} LW1601, LW1602 */
  indexKey(): Promise<Buffer>
}

/** A function is asked again for a key that is not there, and not more often than this. */
const refetchMs = 10_000

/** What an app knows of keys. What was given as a value is checked at once. @throws {InvalidOption} LW1601 */
export function keyring(source: KeySource | undefined, clock: Clock): Keyring {
  const fixed = source === undefined || typeof source === 'function' ? undefined : toRing(source)
  let fetched: Promise<Ring> | undefined
  let fetchedAt = 0
  const fetch = (): Promise<Ring> => {
    if (fixed) return Promise.resolve(fixed)
    if (typeof source !== 'function') return Promise.reject(noKeys())
    if (fetched) return fetched
    fetchedAt = clock.monotonic()
    fetched = ask(source).catch((error: unknown) => {
      fetched = undefined
      throw error
    })
    return fetched
  }
  const findIn = async (kid: string) => (await fetch()).keys.get(kid)
  return {
    ring: fetch,
    async find(kid) {
      const key = await findIn(kid)
      if (key || typeof source !== 'function' || clock.monotonic() - fetchedAt < refetchMs) return key
      fetched = undefined
      return findIn(kid)
    },
    async indexKey() {
      const { index, keys } = await fetch()
      const key = index === undefined ? undefined : keys.get(index)
      if (!key)
        throw wrong(
          'keys.index',
          index,
          'the name of the key that unique keys are made with, for there are several: name the oldest one',
        )
      return Buffer.from(hkdfSync('sha256', key, '', 'legwork unique', 32))
    },
  }
}

async function ask(source: Extract<KeySource, () => unknown>): Promise<Ring> {
  let keys: Keys | string
  try {
    keys = await source()
  } catch (error) {
    const { name, message } = toErrorInfo(error)
    throw new LegworkError(
      'LW1602',
      `the function that fetches the keys failed: ${name}: ${message}.`,
      {},
      { cause: error },
    )
  }
  return toRing(keys)
}

const reserved = ['active', 'index']

function toRing(source: unknown): Ring {
  const given = typeof source === 'string' ? parse(source) : source
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrong('keys', typeof source, "an object such as { active: 'k1', k1: '32 bytes in base64' }")
  const names = Object.keys(given).filter((name) => !reserved.includes(name))
  const keys = new Map(names.map((kid) => [kid, toKey(kid, (given as Record<string, unknown>)[kid])]))
  const { active, index = names.length === 1 ? names[0] : undefined } = given as Record<string, unknown>
  const known = `one of its keys: ${names.join(', ') || 'there are none'}`
  if (typeof active !== 'string' || !keys.has(active)) throw wrong('keys.active', active, known)
  if (index !== undefined && (typeof index !== 'string' || !keys.has(index)))
    throw wrong('keys.index', index, known)
  return { active, keys, index: index as string | undefined }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without the text: it holds keys.
    throw wrong('keys', 'a text', 'JSON such as {"active":"k1","k1":"32 bytes in base64"}')
  }
}

function toKey(kid: string, value: unknown): Buffer {
  const how = 'make one with: openssl rand -base64 32'
  if (!/^[\w.-]{1,64}$/.test(kid))
    throw wrong('keys', kid, 'names of letters, digits and . _ -, at most 64 characters')
  const isText = typeof value === 'string' && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value)
  if (!isText) throw wrong(`keys.${kid}`, typeof value, `32 bytes in base64; ${how}`)
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length !== 32) throw wrong(`keys.${kid}`, `${bytes.length} bytes`, `32 bytes in base64; ${how}`)
  return bytes
}

const wrong = (option: string, got: unknown, expected: string) =>
  new InvalidOption(option, got, expected, 'LW1601')

const noKeys = () =>
  new LegworkError(
    'LW1602',
    `there are no keys to encrypt with. Give the app keys: legwork({ keys: { active: 'k1', k1: '…' } }), or set LEGWORK_KEYS.`,
  )

/** For a message: which key is missing, and what is here. */
export const namesOf = ({ keys }: Ring): string => [...keys.keys()].map(show).join(', ') || 'none'
