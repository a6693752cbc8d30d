/** Who stands in a lane: any job, suspects, or jobs that are to run in another process. */
export const kinds = { any: 0, suspects: 1, elsewhere: 2 } as const
