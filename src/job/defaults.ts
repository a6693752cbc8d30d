/**
 * Every default in one place: printed by `legwork doctor`, quoted by the documentation.
 * Times in milliseconds, sizes in bytes of UTF-8.
 */
export const defaults = {
  queue: 'default',
  attempts: 10,
  priority: 5,
  /** Each step of priority is worth this much waiting, so nothing starves. */
  ageStepMs: 60_000,
  concurrency: 10,
  leaseMs: 15_000,
  beatMs: 3_000,
  /** A worker whose event loop has not turned for this long is taken for frozen and stops beating. */
  maxStallMs: 60_000,
  drainGraceMs: 25_000,
  abortGraceMs: 3_000,
  pollBusyMs: 50,
  pollIdleMs: 2_000,
  pollQuietMs: 10_000,
  /** Without a job for this long a worker polls at the quiet pace. */
  quietAfterMs: 60_000,
  tendMs: 5_000,
  tendIdleMs: 20_000,
  /** How often a worker looks for changed schedules when nothing rings and none is due. */
  schedulesMs: 30_000,
  enqueueTimeoutMs: 5_000,
  /** Jobs that ran faster than this on average are claimed ahead. */
  prefetchUnderMs: 100,
  /** Two claims of them: one runs while the next is on its way. */
  prefetchMax: 2_000,
  /** A retry that is to go to another process waits this long for one, from when it is due. */
  elsewhereMs: 30_000,
  claimMax: 1_000,
  batchMax: 1_000,
  /** Of the payloads in one call to the store: a server that is sent hundreds of megabytes at once stands still, or refuses them. */
  batchChars: 16_777_216,
  retain: { completed: 86_400_000, cancelled: 604_800_000, dead: null },
  /** How long is kept what is no job, and how many of it at most, the newest ones. */
  keep: {
    /** Workers that are gone, by which attempts name who ran them. */
    goneWorkers: { ageMs: 90 * 86_400_000, count: 100_000 },
    /** What people did. */
    audit: { ageMs: 90 * 86_400_000, count: 100_000 },
    /** Bulk operations that are over, or stand still. */
    bulks: { ageMs: 30 * 86_400_000 },
    /** Groups in which nobody is dead any more, since the last death. */
    failures: { ageMs: 30 * 86_400_000 },
    /** What became of slots, of each schedule. */
    slots: { count: 200 },
    /** Sizes of the store, one every ten minutes. */
    samples: { everyMs: 600_000, ageMs: 7 * 86_400_000 + 600_000 },
  },
} as const

/** What a job may hold; a store may declare less, never more. */
export const limits = {
  payloadBytes: 1_048_576,
  resultBytes: 1_048_576,
  errorMessageBytes: 10_240,
  errorStackBytes: 32_768,
  logBytesPerAttempt: 262_144,
  logLineBytes: 16_384,
  progressBytes: 65_536,
  checkpointBytes: 65_536,
  keyBytes: 255,
  /** Of what a unique key is made of, as JSON. */
  uniqueKeyBytes: 1_024,
  nameChars: 120,
  tags: 20,
  depth: 512,
  enqueueMany: 100_000,
} as const
