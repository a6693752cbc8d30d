/** The alphabet of Crockford's base 32: sorts like the numbers it writes, has no I, L, O, U to misread. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Shards that the id names, so that many stores can share the jobs later without a directory. */
export const shardCount = 1_024

export interface IdSource {
  /** Milliseconds since 1970, at most 48 bits. */
  now(): number
  /** 0 <= n < 1. */
  random(): number
}

/**
 * Makes ids of 26 characters that sort by time: 48 bits of milliseconds, 12 of a counter inside the millisecond,
 * 10 of a shard, 58 of chance (the layout of RFC 9562's version 7, written in base 32).
 * Ids of one source rise strictly, also when its clock goes back.
 */
export function idSource({ now, random }: IdSource): () => string {
  let lastMs = -1
  let count = 0
  let time = ''
  return () => {
    const ms = Math.max(now(), lastMs)
    count = ms === lastMs ? count + 1 : 0
    if (count > 0xfff) count = 0
    if (ms !== lastMs || count === 0) {
      lastMs = ms === lastMs ? ms + 1 : ms
      time = write(lastMs, 10)
    }
    // 43 bits of chance and then 25: what a number of 48 random bits can give.
    const first = random() * 2 ** 13
    const middle = Math.floor(first)
    const chance = Math.floor((first - middle) * 2 ** 30)
    return time + write25(count * shardCount * 8 + middle) + write30(chance) + write25(random() * 2 ** 25)
  }
}

/** The instant an id was made, or `undefined` for an id of the caller's own. */
export function idTime(id: string): number | undefined {
  return idPattern.test(id) ? read(id.slice(0, 10)) : undefined
}

/** The shard of an id: part of a minted one, a hash of the caller's own. */
export function idShard(id: string): number {
  if (idPattern.test(id)) return Math.floor(read(id.slice(10, 15)) / 8) % shardCount
  return textShard(id)
}

/** The shard of any text. */
export function textShard(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  // The last characters have moved only the low bits; all must move.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
  return ((hash ^ (hash >>> 13)) >>> 0) % shardCount
}

const idPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

function write(value: number, width: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < width; i++) {
    text = alphabet[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Two digits at a time. */
const pairs = Array.from({ length: 1_024 }, (_, n) => write(n, 2))
const write30 = (n: number): string =>
  `${pairs[n >>> 20] ?? ''}${pairs[(n >>> 10) & 1_023] ?? ''}${pairs[n & 1_023] ?? ''}`
const write25 = (n: number): string =>
  `${pairs[n >>> 15] ?? ''}${pairs[(n >>> 5) & 1_023] ?? ''}${alphabet[n & 31] ?? ''}`

const read = (text: string): number => [...text].reduce((sum, c) => sum * 32 + alphabet.indexOf(c), 0)
