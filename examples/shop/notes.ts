import { readFile, writeFile } from 'node:fs/promises'
import type { Places } from './places.ts'

/** What the story saw with its own eyes while it ran; the verification holds the outcome against it. */
export interface Notes {
  readonly killed: Killed
  /** Ids of the dead letters before the retry. */
  readonly deadLetters: readonly string[]
}
export interface Killed {
  readonly pid: number
  /** Id of the worker that the process was. */
  readonly worker: string
  /** Ids of the jobs that it was running. */
  readonly jobs: readonly string[]
  /** From the kill until all of them ran again. */
  readonly againMs: number
}

export async function readNotes({ notes }: Places): Promise<Notes> {
  return JSON.parse(await readFile(notes, 'utf8')) as Notes
}

export async function writeNotes({ notes }: Places, seen: Notes): Promise<void> {
  await writeFile(notes, JSON.stringify(seen, undefined, 2))
}
