import { fingerprint, toErrorInfo } from '../job/failure.ts'
import type { ErrorInfo } from '../job/job.ts'
import { scrub, scrubError, scrubValue, type Secrets } from '../job/scrub.ts'
import type { Outcome } from '../job/settle.ts'
import { headerOf, isWrapped, plain, unwrap, wrap } from '../job/wrapper.ts'
import type { Cover } from '../job/wrapping.ts'
import type { Box } from './box.ts'

export interface CoverKit {
  /** What the payload hides, and nothing else may quote. */
  readonly secrets: Secrets
  /** Those of them that nobody may see, whoever has the key. */
  readonly redacted: Secrets
  readonly redact: readonly string[]
  /** Where parts are encrypted: then everything that may quote them is sealed whole. */
  readonly box: Box | undefined
  /** The result as it is stored. @throws {LegworkError} when it is too large or has no place. */
  storeResult(text: string): Promise<string>
}

/** Covers what one run says: sealed where its task encrypts, without the hidden values otherwise. */
export function coverWith({ secrets, redacted, redact, box, storeResult }: CoverKit): Cover {
  const error = (info: ErrorInfo) =>
    box ? sealError(scrubError(info, redacted), box, secrets) : scrubError(info, secrets)
  const message = (text: string) =>
    box ? box.message('message', scrub(text, redacted)) : scrub(text, secrets)
  const data = (text: string) => {
    const clean = JSON.stringify(scrubValue(bare(text), box ? redacted : secrets, redact))
    return box ? box.message('data', clean) : plain(clean)
  }
  return {
    error,
    reveal: (info) => (box && isWrapped(info.message) ? unsealError(info, box) : info),
    close(text) {
      if (box) return box.message('data', text)
      return redact.length > 0 ? wrap({ v: 1, redact }, text) : plain(text)
    },
    open: (text) => (box && isSealed(text) ? box.readMessage('data', text) : JSON.stringify(bare(text))),
    line: (line) => ({
      ...line,
      message: message(line.message),
      ...(line.data !== undefined && { data: data(line.data) }),
    }),
    progress: (progress) => ({
      ...progress,
      ...(progress.note !== undefined && { note: message(progress.note) }),
      // For programs too, so what people may not see is only marked.
      ...(progress.data !== undefined && {
        data: box ? box.message('data', JSON.stringify(bare(progress.data))) : marked(progress.data, redact),
      }),
    }),
    async ending(outcome) {
      try {
        return await coverOutcome(outcome, { error, message: box ? undefined : message, storeResult })
      } catch (thrown) {
        return { kind: 'threw', error: error(toErrorInfo(thrown)), retry: 'policy' }
      }
    },
  }
}

const isSealed = (text: string): boolean => headerOf(text)?.sealed === true

/** A value that looks like a wrapper has one already. */
const bare = (text: string): unknown => (isWrapped(text) ? unwrap(text).body : JSON.parse(text))

const marked = (text: string, redact: readonly string[]): string =>
  redact.length > 0 ? wrap({ v: 1, redact }, JSON.stringify(bare(text))) : text

interface Ways {
  error(info: ErrorInfo): ErrorInfo
  /** Undefined where a reason is not to be kept at all. */
  readonly message: ((text: string) => string) | undefined
  storeResult(text: string): Promise<string>
}

async function coverOutcome(outcome: Outcome, ways: Ways): Promise<Outcome> {
  switch (outcome.kind) {
    case 'returned':
      return outcome.result === undefined
        ? outcome
        : { ...outcome, result: await ways.storeResult(outcome.result) }
    case 'snoozed':
    case 'released': {
      const { reason } = outcome
      if (reason === undefined || ours.includes(reason)) return outcome
      return { ...outcome, reason: ways.message ? ways.message(reason) : 'asked for by its handler' }
    }
    case 'threw':
    case 'crashed':
    case 'discarded':
      return { ...outcome, error: ways.error(outcome.error) }
    case 'cancelled':
      return outcome.error ? { ...outcome, error: ways.error(outcome.error) } : outcome
  }
}

/** Reasons of ours, which quote nothing. */
const ours: readonly string[] = ['its worker is stopping']

/** What a sealed error shows: its name and its code, as far as they quote nothing, and by its fingerprint its like. */
function sealError(info: ErrorInfo, box: Box, secrets: Secrets): ErrorInfo {
  const { message, stack } = info
  const name = scrub(info.name, secrets)
  const code = info.code === undefined ? undefined : scrub(info.code, secrets)
  return {
    name,
    message: box.message('error', JSON.stringify({ message, ...(stack !== undefined && { stack }) })),
    ...(code !== undefined && { code }),
    fingerprint: fingerprint(name, '', stack),
  }
}

/** A stored error as it was thrown. @throws {LegworkError} LW2602 */
export function unsealError(info: ErrorInfo, box: Box): ErrorInfo {
  const { message, stack } = JSON.parse(box.readMessage('error', info.message)) as ErrorInfo
  return { ...info, message, ...(stack !== undefined && { stack }) }
}
