// The front door: everything that users import from 'legwork', by name.
export { legwork } from './app.ts'
export type {
  App,
  AppOptions,
  Enqueuer,
  InTransaction,
  RunOptions,
  StartOptions,
  StopOptions,
} from './surface.ts'
export type { KeepOptions, RetentionOptions, StateKeepOptions } from './define/retention.ts'
export type { ScheduleOptions, Slot, Timing } from './define/schedule.ts'
export { task, unchecked } from './define/task.ts'
export type { Health } from './job/health.ts'
export type {
  AnyTask,
  InputOf,
  OutputOf,
  Policy,
  Priority,
  RetryWhen,
  Task,
  TaskOptions,
} from './define/task.ts'
export type { Upcaster, Upcasters } from './define/upcast.ts'
export type { UniqueKey, UniqueOptions, UniqueRule, UniqueWhile } from './define/unique.ts'
export {
  Cancelled,
  Dead,
  IsolateLost,
  LeaseLost,
  Release,
  RetryIn,
  ShuttingDown,
  Snooze,
  TimedOut,
} from './define/verdicts.ts'
export type { Isolate, IsolateOptions } from './define/isolation.ts'
export type { EnqueueOptions } from './enqueue/options.ts'
export type { QueueLimitOptions } from './enqueue/queue-limits.ts'
export type { EnqueueUnique } from './enqueue/unique.ts'
export { custom, exponential, fixed, linear } from './job/backoff.ts'
export type { Backoff, Growth, Jitter } from './job/backoff.ts'
export { catalogue } from './job/catalogue.ts'
export type { Code } from './job/catalogue.ts'
export { defaults, limits } from './job/defaults.ts'
export type { Duration } from './job/duration.ts'
export type { Size } from './job/size.ts'
export {
  InvalidOption,
  InvalidPayload,
  JobFailed,
  LegworkError,
  NotUnique,
  QueueFull,
  Refused,
  StoreError,
  UnknownOutcome,
  UnknownThing,
  WrongMoment,
} from './job/errors.ts'
export type { Attempt, ErrorInfo, Job, LogLine, OnCrash, Progress } from './job/job.ts'
export type { Logger } from './job/logger.ts'
export type { Reason } from './job/reason.ts'
export type { FinalState, LiveState, State } from './job/state.ts'
export type { Overlap, SkipReason } from './job/schedule.ts'
export type {
  BackfillOptions,
  ScheduleControl,
  Triggered,
  TriggerOptions,
} from './schedules/control.ts'
export type { BackfillView, ScheduleView, SlotHistory } from './schedules/view.ts'
export { files } from './payload/files.ts'
export type { BlobPage, Blobs } from './payload/blobs.ts'
export type { Keys, KeySource } from './payload/keys.ts'
export type { Rekeyed, RekeyOptions } from './payload/rekey.ts'
export type { Rate } from './job/rate.ts'
export type { BulkHandle, BulkProgress } from './operate/bulk-handle.ts'
export type { EditInput } from './operate/edit.ts'
export type { Failure, FailureFilter } from './operate/failures.ts'
export type { DeadLetters } from './operate/filter.ts'
export type { FailureMark } from './operate/operator.ts'
export type { Forecast, PurgeOptions, RedriveOptions } from './operate/redrive.ts'
export type { JobEvent } from './watch/events.ts'
export type { JobHandle, Status } from './watch/handle.ts'
export type { Why } from './watch/why.ts'
export { handler } from './worker/handler.ts'
export type { Iterate } from './worker/iterate.ts'
export type { IterateOptions, Source } from './worker/iteration-plan.ts'
export type { BatchEnd, BatchHandler, BatchItem, BatchOptions } from './worker/batch.ts'
export { isolated } from './worker/isolate/isolated.ts'
export type { Isolated } from './worker/isolate/isolated.ts'
export { lazy } from './worker/lazy.ts'
export type { Lazy } from './worker/lazy.ts'
export type { Middleware, MiddlewareContext } from './worker/middleware.ts'
export type {
  Context,
  ContextExtras,
  Handler,
  JobFacts,
  PreviousRun,
  ProgressNote,
} from './worker/handler.ts'
