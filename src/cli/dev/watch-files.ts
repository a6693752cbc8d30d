import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { join, resolve } from 'node:path'
import { realClock } from '../../world.ts'
import { changedFiles, type Graph, graphOf } from './graph.ts'

/** Editors write a file in several steps; what comes within this time is one change. */
const settleMs = 60
/** Some file systems give no notice of a change, so there is a look this often all the same. */
const lookMs = 2_000

export interface Watching {
  readonly entry: string
  /** Files and folders besides the imports of `entry`. */
  readonly more: readonly string[]
  /** Told the files that changed. */
  hear(files: readonly string[]): void
}

/** Watches a tasks file and everything that it imports. The answer ends it. */
export function watchFiles({ entry, more, hear }: Watching): () => void {
  const watchers = new Map<string, FSWatcher>()
  let stopSettling = () => {}
  let seen = look()
  follow()

  function look(): Graph {
    const graph = graphOf(entry)
    const files = new Map(graph.files)
    const folders = new Set(graph.folders)
    for (const path of more) addMore(resolve(path), { files, folders })
    return { files, folders }
  }

  function check(): void {
    const now = look()
    const changed = changedFiles(seen, now)
    seen = now
    follow()
    if (changed.length > 0) hear(changed)
  }

  function notice(): void {
    stopSettling()
    stopSettling = realClock.after(settleMs, check)
  }

  /** A folder is watched, not the file: editors put a new file into the place of the old one. */
  function follow(): void {
    for (const [folder, watcher] of watchers) {
      if (seen.folders.has(folder)) continue
      watcher.close()
      watchers.delete(folder)
    }
    for (const folder of seen.folders) if (!watchers.has(folder)) begin(folder)
  }

  function begin(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, notice)
      watcher.on('error', () => watchers.delete(folder))
      watchers.set(folder, watcher)
    } catch {
      // No such folder yet, or no watches left: the regular look finds the change.
    }
  }

  let stopLooking = () => {}
  // Keeps the command alive too, while no process runs.
  const again = (): void => {
    stopLooking = realClock.after(lookMs, () => {
      check()
      again()
    })
  }
  again()
  return () => {
    stopSettling()
    stopLooking()
    for (const watcher of watchers.values()) watcher.close()
  }
}

/** A file, or every file of a folder, by size and time: what is not code may be large. */
function addMore(
  path: string,
  graph: { readonly files: Map<string, string>; readonly folders: Set<string> },
): void {
  const facts = statSync(path, { throwIfNoEntry: false })
  if (!facts?.isDirectory()) {
    graph.folders.add(resolve(path, '..'))
    graph.files.set(path, facts ? `${facts.size} ${facts.mtimeMs}` : 'missing')
    return
  }
  graph.folders.add(path)
  for (const name of readdirSync(path)) {
    if (name === 'node_modules' || name.startsWith('.')) continue
    addMore(join(path, name), graph)
  }
}
