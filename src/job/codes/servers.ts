import { entry } from './entry.ts'

/** The codes of stores that are servers: the part of the catalogue that a store in a file never needs. */
export const serversCodes = {
  LW1017: entry(
    'Server cannot be reached',
    'Nobody answers at the address of the store, or the server takes no calls at present.',
    'Check the host and port of the URL, and whether the server runs. Workers go on by themselves when it is back.',
  ),
  LW1018: entry(
    'Server refused the login',
    'The user or the password is wrong, or missing.',
    'Check the user and password of the URL; special characters in it are written %XX.',
  ),
  LW1019: entry(
    'Rights are missing',
    'The user of the URL may not do what the store needs.',
    'Grant what the message names.',
  ),
  LW1020: entry(
    'Server too old',
    'The server is older than what the store relies on.',
    'Use a newer server: the message says from which version on.',
  ),
  LW1021: entry(
    'Server is read-only',
    'The server is a replica, or does not take writes now.',
    'Connect to the primary server.',
  ),
  LW1022: entry(
    'Cluster needs a cluster client',
    'The server is one node of a Redis Cluster, and the client does not follow keys to the other nodes.',
    'Add ?cluster=true to the URL, or pass a cluster client of your own.',
  ),
} as const
