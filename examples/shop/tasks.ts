// What the shop's jobs are: names, inputs, results, and how they are tried. The producer and the workers both
// import this file; it opens nothing and holds no handler.
import { exponential, task } from 'legwork'
import { z } from 'zod'

/** Greets a new customer by mail. */
export const welcome = task('mail.welcome', {
  input: z.object({ to: z.email(), name: z.string().min(1) }),
  output: z.object({ answer: z.string() }),
  queue: 'mails',
  // A full mailbox stays full for a while, and this demo has half a minute: four tries within three seconds.
  retry: { attempts: 4, backoff: exponential({ min: '200ms', max: '2s', jitter: 'equal' }) },
  timeout: '10s',
})

/** Makes the thumbnail of one uploaded photograph. */
export const thumbnail = task('photo.thumbnail', {
  input: z.object({ photo: z.string().regex(/^\w+\.jpeg$/) }),
  output: z.object({ width: z.number(), height: z.number() }),
  queue: 'photos',
})

/** Makes a poster of a photograph; one of them cannot be opened without a crash. */
export const poster = task('photo.poster', {
  input: z.object({ photo: z.string() }),
  output: z.object({ photo: z.string() }),
  queue: 'photos',
})

/** Counts what the shop has, every night. */
export const nightlyReport = task('report.nightly', {
  output: z.object({ customers: z.number(), areas: z.number() }),
  queue: 'mails',
})

/** Brings the delivery areas of a CSV file into the shop's table. */
export const importAreas = task('areas.import', {
  input: z.object({ file: z.string(), rows: z.number() }),
  output: z.object({ rows: z.number() }),
  progress: z.object({ rows: z.number() }),
  queue: 'imports',
})
