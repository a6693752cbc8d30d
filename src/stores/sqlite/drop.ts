import type { Engine } from './engine.ts'

const drops = [
  'dropNewest',
  'dropTag',
  'dropTicket',
  'dropHistory',
  'dropAttempt',
  'dropLog',
  'dropCheckpoint',
  'dropSlot',
  'dropUnique',
  'dropRevision',
  'dropJob',
] as const

/** Deletes jobs with everything that belongs to them; the caller changes the tallies. */
export function drop(e: Engine, seqs: readonly number[]): void {
  const list = JSON.stringify(seqs)
  // The number of the newest job is remembered, so that none is given twice. Tags: they are found through the bodies.
  for (const name of drops) {
    e.statement(name).run(list)
  }
}
