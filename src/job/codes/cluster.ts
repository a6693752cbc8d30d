import { entry } from './entry.ts'

/** Codes of clusters, which a single server never needs. */
export const clusterCodes = {
  LW1022: entry(
    'Cluster needs a cluster client',
    'The server is one node of a Redis Cluster, and the client does not follow keys to the other nodes.',
    'Add ?cluster=true to the URL, or pass a cluster client of your own.',
  ),
  LW1030: entry(
    'Made with other partitions',
    'The store was made with another number of partitions, in another order, or with other spread queues. Where a job is follows from them, so they are fixed when a store is made. Nor does a store that has queues of its own become a partition.',
    'Open it as it was made: the message says how. Or use another prefix, and let workers of both run until the old one is empty.',
  ),
  LW1031: entry(
    'Spans partitions',
    'What was asked concerns several partitions, and can be done only within one: a batch that is written as a whole, a redrive to another queue, a schedule that goes to another queue, limits of a spread queue, an edit that changes the key of a job in one. Or it would be shared among partitions and is too little.',
    'The message says which queues are where. Use queues of one partition, or do it one by one.',
  ),
  LW1032: entry(
    'A partition does not answer',
    'One of the stores that share the jobs cannot be reached. Calls about its jobs fail; those of the other partitions go on.',
    'Look at the server that has it: the message says why it does not answer. Calls go on by themselves when it is back. An enqueue may be repeated with the same id.',
  ),
  LW1034: entry(
    'Not copied in time',
    'The change was made on the primary, and fewer replicas than asked for (or no disk) have confirmed it in time: acknowledge says how many must.',
    'Repeat the call: with the same id it finds its job. Look whether the replicas are connected: redis-cli info replication.',
  ),
  LW1035: entry(
    'The server cannot wait for a disk',
    'acknowledge: { fsync: true } asks for WAITAOF, which this server does not have.',
    'Use Redis 7.2 or Valkey, or leave it out and set appendfsync always.',
  ),
  LW1033: entry(
    'The id is being written elsewhere',
    'Another call has just taken this id for a queue of another partition, and has not written its job, or has died before that; or its job was removed within the last minute.',
    'Repeat the call in a minute. Put the name of the task into ids of your own, so that two tasks never share one.',
  ),
} as const
