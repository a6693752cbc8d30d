import { entry } from './entry.ts'

/** Codes of clusters, which a single server never needs. */
export const clusterCodes = {
  LW1022: entry(
    'Cluster needs a cluster client',
    'The server is one node of a Redis Cluster, and the client does not follow keys to the other nodes.',
    'Add ?cluster=true to the URL, or pass a cluster client of your own.',
  ),
} as const
