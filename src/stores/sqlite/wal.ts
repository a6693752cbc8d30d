import { Worker } from 'node:worker_threads'
import type { Settings } from './connect.ts'
import type { Database } from './driver.ts'

/** Moves what commits left in the write-ahead log into the file itself, so that the log can begin again. */
export interface WalMover {
  /** Looks after a commit whether the log has grown long. */
  turn(): void
  /** Ends the thread that moves pages, once it has moved what it is at. */
  close(): Promise<void>
}

/** Pages of the log, of 4 kB mostly, that are worth a walk. A page that was written often is moved once. */
const walkAt = 8_000
/** So few that moving them here costs a millisecond or two. */
const restMax = 1_000
/** So many that writers outrun the walker: whoever writes must wait now, or the log grows for ever. */
const enough = 64_000

interface Log {
  /** Pages in the log, and how many of them the file has by now. */
  readonly log: number
  readonly checkpointed: number
}

/**
 * A walk takes as long as a hundred commits, and whoever makes it commits nothing meanwhile. So a thread with a connection
 * of its own walks, while this one goes on writing; only the last few pages are moved here, between two commits, because
 * the log begins again only when all of it was moved. (https://sqlite.org/wal.html, "Checkpoint starvation".)
 */
export function walMover(db: Database, settings: Settings): WalMover {
  const look = db.prepare('pragma wal_checkpoint(noop)')
  const move = db.prepare('pragma wal_checkpoint(passive)')
  let walker: Worker | undefined
  let isWalking = false
  /** Not to walk in vain again at once, when a reader or another process is in the way. */
  let patience = walkAt

  function turn(): void {
    const left = leftHere()
    if (left < walkAt) patience = walkAt
    if (left >= enough) moveHere()
    else if (left >= patience && !isWalking) walk()
  }

  function walk(): void {
    isWalking = true
    walker ??= startWalker(settings, { done: arrived, gone: () => void (walker = undefined) })
    walker.postMessage('walk')
  }

  function arrived(): void {
    isWalking = false
    if (!db.isOpen) return
    const left = leftHere()
    if (left <= restMax) moveHere()
    else if (left < patience) walk()
    else patience = left + walkAt
  }

  // Nothing is lost when the log cannot be looked at or moved: it keeps all, and the next commit tells what is wrong with the file.
  function leftHere(): number {
    try {
      const { log, checkpointed } = look.get() as unknown as Log
      return log - checkpointed
    } catch {
      return 0
    }
  }

  function moveHere(): void {
    try {
      move.get()
    } catch {}
  }

  return {
    turn,
    async close() {
      const last = walker
      if (!last) return
      const gone = new Promise((resolve) => last.once('exit', resolve))
      last.ref()
      last.postMessage('close')
      await gone
    },
  }
}

function startWalker(settings: Settings, { done, gone }: { done(): void; gone(): void }): Worker {
  const walker = new Worker(new URL('./wal-thread.js', import.meta.url), { workerData: settings })
  walker.unref()
  // A walker that cannot work is no loss: the log grows until it is moved between two commits.
  walker.on('message', done)
  walker.on('error', done)
  walker.once('exit', gone)
  return walker
}
