import type { Clock } from '../job/clock.ts'
import { defaults } from '../job/defaults.ts'
import { toErrorInfo } from '../job/failure.ts'
import type { WorkerId } from '../job/job.ts'
import type { Logger } from '../job/logger.ts'
import type { CancelRequest, Hear, Lost, Store, WorkerAbout } from '../store/index.ts'

export interface LifeKit {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  newId(): string
  about(): WorkerAbout
  readonly leaseMs: number
  readonly beatMs: number
  onCancels(cancels: readonly CancelRequest[]): void
  /** It holds these no more, although its registration stands. */
  onLostJobs(lost: readonly Lost[]): void
  /** This registration holds nothing any more. */
  onLost(worker: WorkerId, why: string): void
}

/** One registration of this worker in the store, kept alive by beats until it ends or is lost. */
export interface Life {
  readonly worker: WorkerId
  /** Reports that the lease was found lost by another call. */
  lost(why: string): void
  /** Says that the worker was told to stop, so that its loss is no crash. */
  ending(): void
  end(): Promise<void>
}

const remindEveryMs = 30_000

/**
 * Registers under a new id and keeps the lease. When no beat was confirmed for a lease's length less a fifth, the
 * lease counts as lost here before the store gives the jobs to somebody else.
 */
export async function begin(kit: LifeKit): Promise<Life> {
  const { store, clock, leaseMs, beatMs } = kit
  const worker = kit.newId()
  const tick = new Float64Array(new SharedArrayBuffer(8))
  let confirmedAt = clock.monotonic()
  let isOver = false
  let saidAt = -Infinity
  // Twelve looks a beat: every 250 ms with the defaults; and often enough that the beating thread sees no stall.
  const turnMs = Math.min(beatMs / 12, defaults.maxStallMs / 3)

  const first = await store.beat({ worker, ttlMs: leaseMs, about: kit.about() })
  tick[0] = clock.monotonic()
  const hear: Hear = (answer, sentAt) => {
    if (isOver) return
    if (answer instanceof Error) return failed(answer)
    if (answer.lease === 'lost') return lost('the store took its lease away')
    confirmedAt = Math.max(confirmedAt, sentAt)
    kit.onCancels(answer.cancels)
    if (answer.lost) kit.onLostJobs(answer.lost)
  }
  hear(first, confirmedAt)
  const pulse = { tick: tick.buffer as SharedArrayBuffer, everyMs: beatMs, maxStallMs: defaults.maxStallMs }
  const stopBeating = await store.keepBeating({ worker, ttlMs: leaseMs }, pulse, hear)
  let stopTurning = clock.after(turnMs, turn, { idle: true })

  /** Shows the beating thread that this event loop turns, and looks at the lease. */
  function turn(): void {
    tick[0] = clock.monotonic()
    const trustedMs = leaseMs * 0.8
    const isSilent = () => clock.monotonic() - confirmedAt > trustedMs
    // After a blocked loop the timers come before the messages: confirmations may be waiting, so look again after them.
    if (isSilent())
      setImmediate(() =>
        setImmediate(
          () =>
            isSilent() && lost(`no beat was confirmed for ${Math.round(clock.monotonic() - confirmedAt)} ms`),
        ),
      )
    if (!isOver) stopTurning = clock.after(turnMs, turn, { idle: true })
  }

  /** Said once, and now and then while it lasts; of a partition that is away others may be well. */
  function failed(error: Error): void {
    if (clock.monotonic() - saidAt < remindEveryMs) return
    saidAt = clock.monotonic()
    kit.log.warn({ worker, err: toErrorInfo(error) }, `a beat of this worker was not taken: ${error.message}`)
  }

  function lost(why: string): void {
    if (isOver) return
    stop()
    kit.onLost(worker, why)
  }

  function stop(): void {
    isOver = true
    stopTurning()
    void stopBeating().catch(() => {})
  }

  return {
    worker,
    lost,
    ending() {
      const sentAt = clock.monotonic()
      const told = store.beat({ worker, ttlMs: leaseMs, ending: true })
      void told.then((answer) => hear(answer, sentAt)).catch(() => {})
    },
    async end() {
      if (isOver) return
      stop()
      await store.leave(worker)
    },
  }
}
