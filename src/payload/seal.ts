import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Envelope } from '../job/wrapper.ts'

// AES-256-GCM with random 96-bit nonces (NIST SP 800-38D, 8.2.2), at most 2^32 texts a key: each job has a key of its own.
const algorithm = 'aes-256-gcm'
const nonceBytes = 12

export const newKey = (): Buffer => randomBytes(32)

/** Seals a text. `place` says where it belongs; it opens nowhere else. */
export function seal(key: Buffer, text: string | Buffer, place: readonly unknown[]): Envelope {
  const iv = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, iv).setAAD(aad(place))
  const ct = Buffer.concat([cipher.update(text), cipher.final()])
  const [ivText, ctText, tag] = [iv, ct, cipher.getAuthTag()].map((part) => part.toString('base64'))
  return { v: 1, alg: 'A256GCM', iv: ivText as string, ct: ctText as string, tag: tag as string }
}

/** @throws {Error} when it was changed, sealed with another key, or belongs elsewhere. */
export function unseal(key: Buffer, envelope: unknown, place: readonly unknown[]): Buffer {
  const { v, alg, iv, ct, tag } = (envelope ?? {}) as Partial<Envelope>
  if (v !== 1 || alg !== 'A256GCM') throw new TypeError('there is no envelope of a kind that is known here')
  const bytes = (text: unknown) => Buffer.from(String(text), 'base64')
  const decipher = createDecipheriv(algorithm, key, bytes(iv), { authTagLength: 16 })
  decipher.setAAD(aad(place)).setAuthTag(bytes(tag))
  return Buffer.concat([decipher.update(bytes(ct)), decipher.final()])
}

const aad = (place: readonly unknown[]): Buffer => Buffer.from(JSON.stringify(place))
