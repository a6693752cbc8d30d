import { type Entry, entry } from './entry.ts'

/** LW22, LW23 and LW26: what is asked of stored jobs, and what cannot be opened. */
export const answersCodes = {
  LW2201: entry(
    'Job is dead',
    'The job whose result was awaited ended in the dead letters.',
    'legwork jobs show ID',
  ),
  LW2202: entry(
    'Job was cancelled',
    'The job whose result was awaited was cancelled.',
    'legwork jobs show ID',
  ),
  LW2203: entry(
    'No result in time',
    'The job had no final state within the timeout; it goes on.',
    'legwork why ID',
  ),
  LW2301: entry(
    'Job not found',
    'No job with this id: never enqueued, or removed by retention.',
    'legwork jobs list',
  ),
  LW2302: entry(
    'State does not allow this',
    'The job is in a state in which this cannot be done.',
    'legwork jobs show ID',
  ),
  LW2303: entry(
    'Schedule not found',
    'No schedule has this name: never set, or removed.',
    'legwork schedules list',
  ),
  LW2304: entry(
    'Schedule does not allow this',
    'The schedule is over, belongs to code, or was changed by somebody else at the same moment.',
    'legwork schedules show NAME',
  ),
  LW2311: entry(
    'Operation needs its code',
    'The bulk operation edits the jobs, and only the function that it was started with can do that.',
    "From your code: await app.bulk('ID').resume({ edit })",
  ),
  LW2312: entry('No such operation', 'No bulk operation of this store has this id.', 'legwork dead redrives'),
  LW2313: entry(
    'No such group',
    'No group of dead letters has this fingerprint, or none of that task and queue.',
    'legwork dead groups --all',
  ),
  LW2601: entry(
    'Key is not here',
    'The job is sealed with a key that this process does not have. It is not lost: workers give it back and look again, later each time, up to 5 min.',
    'Give the workers the key again. To run it at once then: legwork jobs promote ID',
  ),
  LW2602: entry(
    'Sealed text does not open',
    'An encrypted text was changed in the store, or copied from another job.',
    'Restore it from a backup, or remove the job.',
  ),
  LW2603: entry(
    'Blob missing or damaged',
    'The blob that holds the payload or result is gone, cut short or changed.',
    'Restore the blob, then: legwork dead retry ID',
  ),
} as const satisfies Record<string, Entry>
