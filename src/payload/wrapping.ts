import { createHmac } from 'node:crypto'
import { limits } from '../job/defaults.ts'
import { InvalidPayload } from '../job/errors.ts'
import type { ClaimedJob, NewJob } from '../job/job.ts'
import { secretsOf } from '../job/scrub.ts'
import { utf8Bytes } from '../job/text.ts'
import { type Header, headerOf, isWrapped, plain, unwrap, wrap } from '../job/wrapper.ts'
import type { Hide, Opened, Wrapping } from '../job/wrapping.ts'
import { getBlob, putBlob, type Shelf } from './blobs.ts'
import { type Box, boxOf, newBox } from './box.ts'
import { coverWith } from './cover.ts'
import type { Keyring } from './keys.ts'
import { readJob } from './read.ts'

export interface WrappingKit {
  readonly keyring: Keyring
  /** Of the whole app, besides the task's. */
  readonly redact: readonly string[]
  readonly shelf: Shelf | undefined
}

/** Hides, seals and puts away what jobs hold, as their tasks and the app say. */
export function wrapping(kit: WrappingKit): Wrapping {
  const { redact, shelf, keyring } = kit
  const isPlain = (text: string, hide: Hide | undefined) =>
    hide === undefined && redact.length === 0 && !isWrapped(text) && !isLarge(text, shelf)
  return {
    payloadBytes: shelf?.maxBytes ?? limits.payloadBytes,
    resultBytes: shelf?.maxBytes ?? limits.resultBytes,
    store: (job, hide) => (isPlain(job.payload, hide) ? job : storeJob(job, hide, kit)),
    open: (job, hide) =>
      shelf === undefined && isPlain(job.payload, hide) ? undefined : openJob(job, hide, kit),
    payloadOf: async (job) => (await openPayload(job, kit)).payload,
    rewrite: (job, payload, hide) => rewritePayload(job, payload, { hide, kit }),
    uniqueKey: async (key, hide) => (hide?.encrypt === undefined ? key : blindKey(key, keyring)),
    read: (job) => readJob(job, { keyring, shelf }),
  }
}

const isLarge = (text: string, shelf: Shelf | undefined): boolean =>
  shelf !== undefined && text.length * 3 > shelf.overBytes && utf8Bytes(text) > shelf.overBytes

const union = (a: readonly string[], b: readonly string[] = []): readonly string[] => [
  ...new Set([...a, ...b]),
]

async function storeJob(job: NewJob, hide: Hide | undefined, kit: WrappingKit): Promise<NewJob> {
  const { encrypt } = hide ?? {}
  const unique = encrypt === undefined ? job.unique : await blind(job.unique, kit.keyring)
  // What a twin may take over carries nothing that only this job has.
  const isShared = unique?.onConflict === 'replace' || unique?.onConflict === 'latest'
  const anchor = isShared ? `unique:${unique.key}` : undefined
  const box = encrypt === undefined ? undefined : await newBox({ ...job, id: anchor ?? job.id }, kit.keyring)
  const redact = union(kit.redact, hide?.redact)
  const header: Header = {
    v: 1,
    ...(redact.length > 0 && { redact }),
    ...(box && encrypt !== undefined && { sealed: encrypt, key: box.key }),
    ...(box && anchor !== undefined && { anchor }),
  }
  const own = isShared ? { ...kit, shelf: undefined } : kit
  const payload = await pack(job.payload, { kit: own, job, part: 'payload', header, box })
  return { ...job, payload, ...(unique && { unique }) }
}

/** A unique key that says nothing to whoever has no key of the ring: a plain digest can be guessed from the input. */
async function blind(unique: NewJob['unique'], keyring: Keyring): Promise<NewJob['unique']> {
  return unique && { ...unique, key: await blindKey(unique.key, keyring) }
}

const blindKey = async (key: string, keyring: Keyring): Promise<string> =>
  createHmac('sha256', await keyring.indexKey())
    .update(key)
    .digest('base64url')

async function rewritePayload(
  job: Pick<NewJob, 'id' | 'task' | 'payload'>,
  payload: string,
  { hide, kit }: { readonly hide: Hide | undefined; readonly kit: WrappingKit },
): Promise<string> {
  const before = headerOf(job.payload)
  const sealed = hide?.encrypt ?? before?.sealed
  // What its runs left behind is sealed with the key that the job has, so it keeps that one.
  const known = await boxOf(job, job.payload, kit.keyring)
  const box = known ?? (sealed === undefined ? undefined : await newBox(job, kit.keyring))
  const redact = union(union(kit.redact, hide?.redact), before?.redact)
  const header: Header = {
    v: 1,
    ...(redact.length > 0 && { redact }),
    ...(box && { sealed: sealed ?? true, key: box.key }),
    ...(before?.anchor !== undefined && { anchor: before.anchor }),
  }
  const own = before?.anchor === undefined ? kit : { ...kit, shelf: undefined }
  return pack(payload, { kit: own, job, part: 'payload', header, box })
}

interface Packing {
  readonly kit: WrappingKit
  readonly job: Pick<NewJob, 'id' | 'task'>
  readonly part: 'payload' | 'result'
  readonly header: Header
  readonly box: Box | undefined
}

/** Seals, then puts away what is too large: what leaves this process is sealed. */
async function pack(text: string, { kit, job, part, header, box }: Packing): Promise<string> {
  const closed = box ? box.close(part, text, header.sealed ?? true) : text
  const { shelf } = kit
  if (shelf && isLarge(closed, shelf))
    return wrap({ ...header, blob: await putBlob(shelf, job.id, closed) }, 'null')
  const isBare = !header.redact && !header.sealed && !header.key
  const packed = isBare ? plain(closed) : wrap(header, closed)
  const bytes = utf8Bytes(packed)
  const most = part === 'payload' ? limits.payloadBytes : limits.resultBytes
  if (bytes <= most) return packed
  throw new InvalidPayload(
    'LW1104',
    `the ${part} of job ${job.id} (${job.task}) has ${bytes} bytes ${box ? 'when it is sealed' : 'with its rules'}, the limit is ${most}. Keep large ones as blobs: legwork({ blobs: files('./.legwork/blobs') })`,
    { maxBytes: most },
  )
}

async function openJob(job: ClaimedJob, hide: Hide | undefined, kit: WrappingKit): Promise<Opened> {
  const { header, payload, box: own } = await openPayload(job, kit)
  const redact = union(union(kit.redact, hide?.redact), header.redact)
  const hidden = [...redact, ...hiddenBy(header.sealed), ...hiddenBy(hide?.encrypt)]
  const input: unknown = hidden.length > 0 ? JSON.parse(payload) : null
  const [secrets, redacted] = [secretsOf(input, hidden), secretsOf(input, redact)]
  const resultHeader: Header = {
    v: 1,
    ...(redact.length > 0 && { redact }),
    ...(own && { sealed: true }),
  }
  const storeResult = (text: string) =>
    pack(text, { kit, job, part: 'result', header: resultHeader, box: own })
  return { payload, cover: coverWith({ secrets, redacted, redact, box: own, storeResult }) }
}

const hiddenBy = (sealed: true | readonly string[] | undefined): readonly string[] =>
  sealed === true ? ['**'] : (sealed ?? [])

async function openPayload(
  job: Pick<ClaimedJob, 'id' | 'task' | 'payload'>,
  { keyring, shelf }: WrappingKit,
) {
  if (!isWrapped(job.payload)) return { header: { v: 1 } as Header, payload: job.payload, box: undefined }
  const { header, body } = unwrap(job.payload)
  const box = await boxOf(job, job.payload, keyring)
  const text = header.blob ? await getBlob(shelf, job.id, header.blob) : JSON.stringify(body)
  const payload = box && header.sealed ? box.open('payload', JSON.parse(text), header.sealed) : text
  return { header, payload, box }
}
