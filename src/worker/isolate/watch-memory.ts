import { readFile } from 'node:fs/promises'
import type { Clock } from '../../job/clock.ts'

export interface Watched {
  readonly pid: number | undefined
  readonly memoryBytes: number | undefined
  readonly clock: Clock
  kill(why: string): void
}

/** What Node itself takes, which is not the handler's doing. */
const ownBytes = 64 * 1_048_576
const everyMs = 250

/**
 * Ends a process whose resident memory is over its limit: buffers and native code are no part of the heap that V8 limits.
 * Where the system does not show the memory of other processes (all but Linux), the heap's limit is the only one.
 */
export function watchMemory({ pid, memoryBytes, clock, kill }: Watched): () => void {
  if (pid === undefined || memoryBytes === undefined) return () => {}
  let isOver = false
  let stop = clock.after(everyMs, look, { idle: true })
  async function look(): Promise<void> {
    const bytes = await residentBytes(pid as number)
    if (isOver || bytes === undefined) return
    if (bytes > (memoryBytes as number) + ownBytes)
      return kill(
        `it used ${Math.round(bytes / 1_048_576)} MB, over its limit of ${Math.round((memoryBytes as number) / 1_048_576)} MB`,
      )
    stop = clock.after(everyMs, look, { idle: true })
  }
  return () => {
    isOver = true
    stop()
  }
}

async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? Number.NaN) * 1_024
  } catch {
    return undefined
  }
}
