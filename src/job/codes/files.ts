import { type Entry, entry } from './entry.ts'

/** LW13 and LW16: files and modules, keys and blobs. */
export const filesCodes = {
  LW1301: entry(
    'Task file cannot be loaded',
    'The file is missing, has a syntax error, or exports no app.',
    'export default an app made with legwork().',
  ),
  LW1302: entry(
    'File or folder cannot be used',
    'A file or folder that the command was to read or write is missing, damaged, of another kind, or not allowed.',
    'Repair or name another one, as the message says.',
  ),
  LW1311: entry(
    'Handler cannot be loaded',
    'The module of a lazy handler could not be imported, or exports no handler; its jobs were given back without a failure.',
    'Repair the module, export the handler as default or under the name of its task, and restart the worker.',
  ),
  LW1601: entry(
    'Keys invalid',
    'The keys of the app are not 32 bytes in base64 each, or its active or index key is not among them.',
    'Make a key with: openssl rand -base64 32. Name the active one: { active: "k1", k1: "…" }.',
  ),
  LW1602: entry(
    'No keys',
    'A task encrypts and the app has no keys, or the function that fetches them failed. Nothing was written.',
    'legwork({ keys }) or LEGWORK_KEYS, with the same keys wherever jobs are enqueued and run.',
  ),
  LW1603: entry(
    'Blob store failed',
    'A large payload or result could not be kept or read: the folder is read-only or full, or the app has no blob store.',
    'Read the cause; give every process the same blobs.',
  ),
} as const satisfies Record<string, Entry>
