import type { Attempt, ErrorInfo, Job, LogLine, Progress } from '../job/job.ts'
import { shownError, shownMessage, shownText } from '../job/shown.ts'
import { isWrapped, unwrap } from '../job/wrapper.ts'
import { getBlob, type Shelf } from './blobs.ts'
import { type Box, boxOf } from './box.ts'
import { unsealError } from './cover.ts'
import type { Keyring } from './keys.ts'

interface ReadKit {
  readonly keyring: Keyring
  readonly shelf: Shelf | undefined
}

const isTouched = (job: Job): boolean =>
  [job.result, job.error?.message, job.progress?.data, job.progress?.note].some(
    (text) => text !== undefined && isWrapped(text),
  ) ||
  (job.attempts ?? []).some(({ error, progress }) =>
    [error?.message, progress?.data, progress?.note].some((text) => text !== undefined && isWrapped(text)),
  ) ||
  (job.logs ?? []).some(({ message, data }) => isWrapped(message) || (data !== undefined && isWrapped(data)))

/**
 * The job with what its runs left behind as they said it, for programs. Its payload stays as it is stored. What tells
 * how a job went must be readable without its key too, so only a result throws: LW2601, LW2602, LW2603, LW1603.
 */
export function readJob(job: Job, kit: ReadKit): Job | Promise<Job> {
  return isTouched(job) ? read(job, kit) : job
}

async function read(job: Job, kit: ReadKit): Promise<Job> {
  const boxed = boxOf(job, job.payload, kit.keyring)
  boxed.catch(() => {})
  const box = await boxed.catch(() => undefined)
  return {
    ...job,
    ...(job.result !== undefined && { result: await readResult(job, await boxed, kit) }),
    ...(job.error && { error: readError(job.error, box) }),
    ...(job.progress && { progress: readProgress(job.progress, box) }),
    ...(job.attempts && { attempts: job.attempts.map((attempt) => readAttempt(attempt, box)) }),
    ...(job.logs && { logs: job.logs.map((line) => readLine(line, box)) }),
  }
}

async function readResult(job: Job, box: Box | undefined, { shelf }: ReadKit): Promise<string> {
  const stored = job.result as string
  if (!isWrapped(stored)) return stored
  const { header, body } = unwrap(stored)
  const text = header.blob ? await getBlob(shelf, job.id, header.blob) : JSON.stringify(body)
  return header.sealed && box ? box.open('result', JSON.parse(text), header.sealed) : text
}

/** What `open` makes of it, or else what people see. */
function either<T>(open: () => T, closed: () => T): T {
  try {
    return open()
  } catch {
    return closed()
  }
}

const readError = (error: ErrorInfo, box: Box | undefined): ErrorInfo =>
  !isWrapped(error.message) || !box
    ? shownError(error)
    : either(
        () => unsealError(error, box),
        () => shownError(error),
      )

const readMessage = (text: string, box: Box | undefined): string =>
  !isWrapped(text) || !box
    ? shownMessage(text)
    : either(
        () => box.readMessage('message', text),
        () => shownMessage(text),
      )

function readData(text: string, box: Box | undefined): string {
  if (!isWrapped(text)) return text
  return either(
    () => {
      const { header, body } = unwrap(text)
      if (!header.sealed) return JSON.stringify(body)
      return box ? box.open('data', body, header.sealed) : shownText(text)
    },
    () => shownText(text),
  )
}

const readProgress = (progress: Progress, box: Box | undefined): Progress => ({
  ...progress,
  ...(progress.note !== undefined && { note: readMessage(progress.note, box) }),
  ...(progress.data !== undefined && { data: readData(progress.data, box) }),
})

const readAttempt = (attempt: Attempt, box: Box | undefined): Attempt => ({
  ...attempt,
  ...(attempt.error && { error: readError(attempt.error, box) }),
  ...(attempt.progress && { progress: readProgress(attempt.progress, box) }),
})

const readLine = <L extends LogLine>(line: L, box: Box | undefined): L => ({
  ...line,
  message: readMessage(line.message, box),
  ...(line.data !== undefined && { data: readData(line.data, box) }),
})
