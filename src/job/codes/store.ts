import { type Entry, entry } from './entry.ts'

/** LW10: the store, and what goes between it and this process. */
export const storeCodes = {
  LW1001: entry(
    'No driver for the store',
    'The package that talks to the engine is not installed; for SQLite, this Node has no usable built-in one (node:sqlite needs Node 22.13 or newer, with SQLite 3.51.3 or newer inside).',
    'npm install @photostructure/sqlite, for Redis npm install ioredis',
  ),
  LW1002: entry(
    'Store cannot be opened',
    'The path is a directory, is not writable, or is on a file system that refuses it.',
    'Check the path and its rights; legwork doctor --url URL shows each step.',
  ),
  LW1003: entry(
    'Not a Legwork store',
    'The file is not a SQLite database, or is corrupt; or the schema or the prefix holds the data of somebody else.',
    'Restore a backup, or name another file, schema or prefix.',
  ),
  LW1004: entry(
    'Store is full',
    'The disk, or the database’s page limit, has no room for the write. Nothing of this call was written.',
    'Free space; then repeat the call with the same id. Running workers go on by themselves.',
  ),
  LW1005: entry(
    'Outcome unknown',
    'The store did not answer in time, so the job may or may not be stored.',
    'Repeat the call with the same id: a job that was stored is found, not doubled.',
  ),
  LW1006: entry(
    'Store is closed',
    'The call came after stop() or close().',
    'Create a new app; one app has one life.',
  ),
  LW1007: entry(
    'Store failed',
    'The engine reported an error that Legwork does not know.',
    'Read the cause; legwork doctor shows the store’s health.',
  ),
  LW1008: entry(
    'Unknown store URL',
    'The scheme of the URL names no engine that this version knows.',
    'Use a path or sqlite:PATH for a file, or memory: for a store in memory.',
  ),
  LW1009: entry(
    'Network file system',
    'SQLite’s locks cannot be trusted on a network file system, so two processes could corrupt the file.',
    'Put the file on a local disk.',
  ),
  LW1010: entry(
    'Store is from a newer version',
    'The schema of the store is newer than this Legwork knows. Nothing was changed.',
    'Upgrade legwork in this process.',
  ),
  LW1011: entry(
    'Store needs a migration',
    'The schema is older than this Legwork, or there is no Legwork store at all, and automatic migration is off.',
    'Check that it is the right store, then: legwork migrate',
  ),
  LW1012: entry(
    'Durability too weak',
    'The store would lose acknowledged jobs when its process dies.',
    'Change the settings named in the message, or pass acceptDataLoss: true.',
  ),
  LW1013: entry(
    'Store is busy',
    'Another process kept a lock for longer than the busy, lock or statement timeout.',
    'Look for a long transaction in another process that uses the same store.',
  ),
  LW1014: entry(
    'Wrong transaction',
    'The object given to app.in() is not an open transaction that this store can use.',
    'On a file, pass a connection of openDatabase() after begin immediate. On Postgres, pass what your client hands you for its transaction, as the message says. Other stores have none to join.',
  ),
  LW1015: entry(
    'SQLite too old',
    'SQLite before 3.51.3 has a race in WAL mode that can corrupt a file shared by several processes.',
    'Use a newer Node, or npm install @photostructure/sqlite',
  ),
  LW1016: entry(
    'Buffer is full',
    'The store cannot be reached, and as many jobs are held in this process as its buffer allows. Nothing of this call was written.',
    'Try again later, look at the store with legwork doctor, or allow more: legwork({ buffer: { max, for } })',
  ),
  LW1017: entry(
    'Store cannot be reached',
    'The server does not answer now: it is down, its address is wrong, or it takes no more connections.',
    'Check the URL; workers go on by themselves when it answers again. legwork doctor --url URL shows each step.',
  ),
  LW1018: entry(
    'Store refused the login',
    'The server does not take this user or password.',
    'Correct the URL. A special character in a password is written %40 and the like.',
  ),
  LW1019: entry(
    'Rights are missing',
    'The user may not do what this call needs. Nothing of this call was written.',
    'Give the grant that the message names; on Postgres: legwork grant --role NAME --kind worker',
  ),
  LW1020: entry(
    'Server too old',
    'The server is older than any that Legwork can use.',
    'Upgrade the server to the version that the message names.',
  ),
  LW1021: entry(
    'Server takes no writes',
    'It is a replica, or set to read only.',
    'Name the primary server.',
  ),
} as const satisfies Record<string, Entry>
