import { LegworkError } from '../job/errors.ts'
import { changeAt } from '../job/paths.ts'
import { type Envelope, type Header, headerOf, unwrap, wrap } from '../job/wrapper.ts'
import { type Keyring, namesOf } from './keys.ts'
import { newKey, seal, unseal } from './seal.ts'

/** Which text of a job: sealed as one it does not open as another. */
export type Part = 'payload' | 'result' | 'error' | 'message' | 'data'

interface Owner {
  readonly id: string
  readonly task: string
}

/** Seals and opens the texts of one job, with the key that only this job has. */
export interface Box {
  readonly key: NonNullable<Header['key']>
  /** JSON text with the parts sealed that `sealed` names. */
  close(part: Part, text: string, sealed: true | readonly string[]): string
  /** @throws {LegworkError} LW2602 when it was changed or belongs elsewhere. */
  open(part: Part, body: unknown, sealed: true | readonly string[]): string
  /** Any text, sealed whole, as it may stand where the text stood. */
  message(part: Part, text: string): string
  /** @throws {LegworkError} LW2602 */
  readMessage(part: Part, text: string): string
}

const placeOfKey = ({ id, task }: Owner) => ['legwork', id, task, 'key']

/** A box with a new key for a new job. @throws {LegworkError} LW1601, LW1602 */
export async function newBox(owner: Owner, keyring: Keyring): Promise<Box> {
  const { active, keys } = await keyring.ring()
  const own = newKey()
  const outer = keys.get(active) as Buffer
  return boxWith(owner, own, { ...seal(outer, own, placeOfKey(owner)), kid: active })
}

/**
 * The box of a job by its payload's wrapper; undefined when nothing of the job is sealed.
 * @throws {LegworkError} LW2601 when its key is not here, LW2602 when the wrapper was changed or belongs elsewhere.
 */
export async function boxOf(job: Owner, payload: string, keyring: Keyring): Promise<Box | undefined> {
  const { key, anchor } = headerOf(payload) ?? {}
  if (!key) return undefined
  const own = await openKey(job, { key, anchor }, keyring)
  return boxWith(anchored(job, anchor), own, key)
}

/** What a text of the job is sealed to. */
const anchored = ({ id, task }: Owner, anchor: string | undefined): Owner => ({ id: anchor ?? id, task })

interface Lock {
  readonly key: NonNullable<Header['key']>
  readonly anchor: string | undefined
}

async function openKey(owner: Owner, { key, anchor }: Lock, keyring: Keyring): Promise<Buffer> {
  const outer = await keyring.find(key.kid).catch((error: unknown) => {
    throw missing(owner, key.kid, error instanceof LegworkError ? error.message : 'none can be had')
  })
  if (!outer) throw missing(owner, key.kid, `here is ${namesOf(await keyring.ring())}`)
  return opened(owner, 'key', () => unseal(outer, key, placeOfKey(anchored(owner, anchor))))
}

/** The same payload with its job's key sealed by the active one; undefined when it is, or nothing is sealed. */
export async function resealed(
  owner: Owner,
  payload: string,
  keyring: Keyring,
): Promise<{ readonly payload: string } | undefined> {
  const { key, anchor } = headerOf(payload) ?? {}
  const { active, keys } = await keyring.ring()
  if (!key || key.kid === active) return undefined
  const own = await openKey(owner, { key, anchor }, keyring)
  const { header, body } = unwrap(payload)
  const again = { ...seal(keys.get(active) as Buffer, own, placeOfKey(anchored(owner, anchor))), kid: active }
  return { payload: wrap({ ...header, key: again }, JSON.stringify(body)) }
}

function boxWith(owner: Owner, own: Buffer, key: NonNullable<Header['key']>): Box {
  const place = (part: Part, at: readonly string[]) => ['legwork', owner.id, owner.task, part, ...at]
  const close: Box['close'] = (part, text, sealed) => {
    if (sealed === true) return JSON.stringify(seal(own, text, place(part, [])))
    const shut = (found: unknown, at: readonly string[]) => seal(own, JSON.stringify(found), place(part, at))
    return JSON.stringify(changeAt(JSON.parse(text), sealed, shut))
  }
  const open: Box['open'] = (part, body, sealed) =>
    opened(owner, part, () => {
      const text = (envelope: unknown, at: readonly string[]) =>
        unseal(own, envelope, place(part, at)).toString('utf8')
      if (sealed === true) return text(body, [])
      return JSON.stringify(changeAt(body, sealed, (envelope, at) => JSON.parse(text(envelope, at))))
    })
  return {
    key,
    close,
    open,
    message: (part, text) => wrap({ v: 1, sealed: true }, close(part, text, true)),
    readMessage: (part, text) => open(part, unwrap(text).body as Envelope, true),
  }
}

function opened<T>({ id, task }: Owner, part: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new LegworkError(
      'LW2602',
      `the sealed ${part} of job ${id} (${task}) does not open: it was changed, or it belongs to another job.`,
      { id, task, part },
      { cause: error },
    )
  }
}

const missing = ({ id, task }: Owner, kid: string, here: string) =>
  new LegworkError(
    'LW2601',
    `job ${id} (${task}) is sealed with key ${kid}, which is not here (${here}). It waits for a worker that has it.`,
    { id, task, kid },
  )
