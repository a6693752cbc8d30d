import type { Row } from './tables.ts'

/** Suspects wait in a line of their own: no name of a queue has a space. */
export const suspectLane = (queue: string): string => `${queue} suspects`

export const laneOf = ({ suspect, job }: Row): string => (suspect ? suspectLane(job.queue) : job.queue)
