import type { Attempt, ErrorInfo, Job, Progress } from './job.ts'
import { changeAt } from './paths.ts'
import { headerOf, isWrapped, unwrap } from './wrapper.ts'

/** What stands for a part that a rule hides. */
export const redacted = '[redacted]'
/** What stands for a part that only a key opens. */
export const sealed = '[sealed]'

/**
 * A job as a person may see it: parts that a rule hides are `[redacted]`, encrypted ones `[sealed]`. Everything that
 * shows jobs to people goes through here.
 */
export function shown(job: Job): Job {
  return {
    ...job,
    payload: shownText(job.payload),
    ...(job.result !== undefined && { result: shownText(job.result) }),
    ...(job.checkpoint !== undefined && { checkpoint: shownText(job.checkpoint) }),
    ...(job.error && { error: shownError(job.error) }),
    ...(job.revisions && {
      revisions: job.revisions.map((one) => ({ ...one, payload: shownText(one.payload) })),
    }),
    ...(job.progress && { progress: shownProgress(job.progress) }),
    ...(job.attempts && { attempts: job.attempts.map(shownAttempt) }),
    ...(job.logs && {
      logs: job.logs.map((line) => ({
        ...line,
        message: shownMessage(line.message),
        ...(line.data !== undefined && { data: shownText(line.data) }),
      })),
    }),
  }
}

/** A stored JSON text as JSON text for people. */
export function shownText(text: string): string {
  if (!isWrapped(text)) return text
  try {
    const { header, body } = unwrap(text)
    if (header.sealed === true) return JSON.stringify(sealed)
    if (header.blob) return JSON.stringify(`[${header.blob.bytes} bytes in the blob store]`)
    const open = changeAt(body, header.redact ?? [], () => redacted)
    return JSON.stringify(changeAt(open, header.sealed ?? [], hide))
  } catch {
    return JSON.stringify('[damaged]')
  }
}

// What was redacted before it was looked for here stays so.
const hide = (found: unknown) => (found === redacted ? found : sealed)

/** What `result()` gave, for people: without what a rule hides. Who has the key may see what was sealed. */
export const shownOutput = (output: unknown, stored: string | undefined): unknown =>
  changeAt(output, (stored === undefined ? undefined : headerOf(stored)?.redact) ?? [], () => redacted)

/** A stored message; those of a job with encrypted parts are sealed whole. */
export const shownMessage = (text: string): string => (isWrapped(text) ? sealed : text)

export const shownError = (error: ErrorInfo): ErrorInfo =>
  isWrapped(error.message) ? { ...error, message: sealed } : error

export const shownProgress = (progress: Progress): Progress => ({
  ...progress,
  ...(progress.note !== undefined && { note: shownMessage(progress.note) }),
  ...(progress.data !== undefined && { data: shownText(progress.data) }),
})

export const shownAttempt = (attempt: Attempt): Attempt => ({
  ...attempt,
  ...(attempt.error && { error: shownError(attempt.error) }),
  ...(attempt.progress && { progress: shownProgress(attempt.progress) }),
})
