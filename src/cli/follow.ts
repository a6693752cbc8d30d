import { sleep } from '../job/clock.ts'
import { realClock } from '../world.ts'
import type { App } from '../surface.ts'
import type { JobEvent } from '../watch/events.ts'
import type { JobHandle } from '../watch/handle.ts'
import { safe } from './safe.ts'
import type { Terminal } from './terminal.ts'
import { showProgress } from './view.ts'

interface Following {
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/**
 * Tells on standard error what happens to a job while somebody waits for it: each event on a terminal, and
 * everywhere, once, why it has not started after a while. Never rejects.
 */
export async function follow(app: App, job: JobHandle, following: Following): Promise<void> {
  const started = new AbortController()
  void sayWhy(app, job, { ...following, signal: AbortSignal.any([following.signal, started.signal]) })
  try {
    for await (const event of job.events({ signal: following.signal })) {
      if (event.type !== 'enqueued') started.abort()
      const line = following.terminal.isTty ? lineOf(event) : undefined
      if (line !== undefined) following.terminal.err(following.terminal.paint('dim', `  ${line}`))
    }
  } catch {
    // The waiting has ended; whoever waits for the result says how.
  } finally {
    started.abort()
  }
}

/** A job that nobody starts would be waited for without end, so say early what it lacks. */
const patienceMs = 1_500

async function sayWhy(app: App, { id }: JobHandle, { terminal, signal }: Following): Promise<void> {
  await sleep(realClock, patienceMs, signal)
  if (signal.aborted) return
  // The app may have been stopped meanwhile: then there is nothing to say.
  const found = await app.why(id).catch(() => undefined)
  if (!found || signal.aborted) return
  terminal.err(`  ${safe(id)} still waits: ${safe(found.text)}`)
  if (found.next) terminal.err(`  → ${safe(found.next)}`)
}

function lineOf(event: JobEvent): string | undefined {
  switch (event.type) {
    case 'started':
      return `attempt ${event.attempt} started`
    case 'progress':
      return safe(showProgress(event))
    case 'log':
      return `${event.level} ${safe(event.message)}`
    case 'ended':
      if (event.outcome === 'complete') return undefined
      return safe(`attempt ${event.attempt} ended: ${event.outcome}. ${event.error?.message ?? ''}`)
    default:
      return undefined
  }
}
