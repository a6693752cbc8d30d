import { LeaseLost } from '../define/verdicts.ts'
import { type Clock, sleep } from '../job/clock.ts'
import { limits } from '../job/defaults.ts'
import { WrongMoment } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { Settled } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import { decode, encode } from '../job/payload.ts'
import { isWrapped, plain, unwrap } from '../job/wrapper.ts'
import type { Note } from '../store/index.ts'
import type { Run } from './current-run.ts'

/** Keeps how far running handlers came. */
export interface Keeper {
  readonly clock: Clock
  /** Fires when the worker begins to stop: who can go on elsewhere should not wait for its abort. */
  readonly stopping: AbortSignal
  /**
   * Resolves when the cursor is as durable as the job; of calls that come while one is under way only the newest is sent.
   * @throws {LeaseLost} where the job is no longer held.
   */
  keep(run: Run, text: string): Promise<void>
  /** Says that the handler of a watched job begins. @throws {LeaseLost} where the job is no longer held. */
  begin(run: Run): Promise<void>
}

export interface KeeperKit {
  readonly clock: Clock
  readonly log: Logger
  readonly stopping: AbortSignal
  record(note: Note): Promise<Settled>
}

/** What a run has still to send. */
interface Line {
  sent: Promise<void>
  next?: { text: string; readonly done: Promise<void> } | undefined
}

export function keeper(kit: KeeperKit): Keeper {
  const lines = new WeakMap<Run, Line>()
  return {
    clock: kit.clock,
    stopping: kit.stopping,
    keep(run, text) {
      const line = lines.get(run) ?? { sent: Promise.resolve() }
      lines.set(run, line)
      if (line.next) {
        line.next.text = text
        return line.next.done
      }
      const begin = () => {
        const newest = line.next?.text ?? text
        line.next = undefined
        return send(kit, run, { checkpoint: newest })
      }
      const done = line.sent.then(begin, begin)
      line.next = { text, done }
      line.sent = done
      return done
    },
    begin: (run) => send(kit, run, { begun: true }),
  }
}

/** Tries until the store has answered: a store that is away for a moment must not cost the run what it has done. */
async function send(
  { clock, log, record }: KeeperKit,
  run: Run,
  note: Pick<Note, 'checkpoint' | 'begun'>,
): Promise<void> {
  const { job, abort } = run
  for (let failed = 0; ; failed++) {
    if (run.isLeaked || abort.reason instanceof LeaseLost) throw abort.reason
    try {
      const answer = await record({ id: job.id, fence: job.fence, ...note })
      if (answer === 'applied' && note.checkpoint !== undefined) run.checkpoint = note.checkpoint
      if (answer === 'applied') return
      abort.abort(
        new LeaseLost(
          job.id,
          job.attempt,
          note.begun ? 'the store refused its begin' : 'the store refused its checkpoint',
        ),
      )
      throw abort.reason
    } catch (error) {
      // After an abort there is one try: the grace is short, and an older checkpoint is there.
      if (abort.aborted) throw abort.reason
      if (failed % 20 === 0)
        log.warn(
          { job: job.id, task: job.task, err: toErrorInfo(error) },
          `job ${job.id}: its ${note.begun ? 'begin' : 'checkpoint'} could not be kept; trying again`,
        )
    }
    await sleep(clock, Math.min(1_000, 50 * 2 ** failed), abort.signal)
  }
}

/** JSON text of a cursor. @throws {InvalidPayload} LW1103 to LW1106. */
export function cursorText({ job, cover }: Run, cursor: unknown): string {
  const text = encode(cursor, `the cursor of job ${job.id} (task ${job.task})`, limits.checkpointBytes)
  return cover ? cover.close(text) : plain(text)
}

/** What a handler's own `checkpoint(cursor)` does. */
export async function checkpoint(run: Run, { keep }: Keeper, cursor: unknown): Promise<void> {
  if (run.isIterating)
    throw new WrongMoment(
      'LW1241',
      `job ${run.job.id}: checkpoint() was called in a run that iterates, and a job has one cursor. iterate() keeps it by itself.`,
    )
  return keep(run, cursorText(run, cursor))
}

/** Where this run goes on: what it kept itself, or an attempt before it. */
export function cursorOf({ job, cover, checkpoint = job.checkpoint }: Run): unknown {
  if (checkpoint === undefined) return undefined
  if (!isWrapped(checkpoint)) return decode(checkpoint)
  return cover ? decode(cover.open(checkpoint)) : unwrap(checkpoint).body
}
