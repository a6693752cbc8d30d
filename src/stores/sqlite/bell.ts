import { watch } from 'node:fs'
import type { Database, Statement } from './driver.ts'

/** Waits after a sign of life in the file: a commit becomes visible only after its fsync. In milliseconds. */
const lookAgainMs = [1, 2, 4, 8, 16, 32]
const slowestPollMs = 1_000
const fastestPollMs = 250

/**
 * Calls `ring` when another connection, of any process, has committed to the file. The operating system's notice is
 * only a hint to look: what counts is SQLite's own data version. A slow poll covers file systems that give no notice.
 */
export function watchCommits({
  db,
  path,
  ring,
}: {
  db: Database
  path: string
  ring: () => void
}): () => void {
  let version: Statement | undefined
  let seen: number | undefined
  seen = read()
  let step = lookAgainMs.length
  let pollMs = fastestPollMs
  let looking: NodeJS.Timeout | undefined
  let polling = setTimeout(poll, pollMs)
  const watcher = watchFile(`${path}-wal`, hint)

  function read(): number | undefined {
    try {
      version ??= db.prepare('pragma data_version')
      return (version.get() as { data_version: number }).data_version
    } catch {
      return seen
    }
  }
  /** True when something was committed since the last look. */
  function look(): boolean {
    const now = read()
    if (now === seen) return false
    seen = now
    pollMs = fastestPollMs
    ring()
    return true
  }
  function hint(): void {
    // A look that is far off is for the commit before; one that is near is left, or a busy file would put it off for ever.
    if (step > 1) {
      clearTimeout(looking)
      looking = undefined
    }
    step = 0
    if (!looking) lookLater()
  }
  function lookLater(): void {
    looking = setTimeout(() => {
      looking = undefined
      const found = look()
      if (!found && step < lookAgainMs.length) lookLater()
    }, lookAgainMs[step++])
  }
  function poll(): void {
    if (!look()) pollMs = Math.min(slowestPollMs, pollMs * 2)
    polling = setTimeout(poll, pollMs)
  }
  // What was committed between the call to listen and the first look must be heard too.
  ring()
  return () => {
    watcher?.close()
    clearTimeout(looking)
    clearTimeout(polling)
  }
}

function watchFile(path: string, hear: () => void) {
  try {
    return watch(path, hear).on('error', () => {})
  } catch {
    // No such facility, or none left: the poll is enough.
    return undefined
  }
}
