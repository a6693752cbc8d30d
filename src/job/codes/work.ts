import { type Entry, entry } from './entry.ts'

/** LW20 and LW21: jobs that run, and schedules. */
export const workCodes = {
  LW2001: entry(
    'Discarded by its handler',
    'The handler threw Dead: a retry would not help.',
    'Repair the cause, then: legwork dead retry ID',
  ),
  LW2002: entry(
    'Attempts exhausted',
    'The last allowed attempt failed.',
    'Look at the error, repair, then: legwork dead retry ID',
  ),
  LW2003: entry(
    'Expired',
    'The job’s ttl or deadline passed before it was done.',
    'Raise ttl or deadline, or add workers.',
  ),
  LW2004: entry(
    'Timed out',
    'The attempt ran longer than its timeout; the handler was asked to stop by its signal.',
    'Pass the signal on to what the handler calls, or raise timeout.',
  ),
  LW2005: entry(
    'Lease lost',
    'The worker could not confirm its lease in time, so its result was not recorded; another worker runs the job.',
    'Look for a frozen or overloaded process, or a store that was out of reach.',
  ),
  LW2006: entry('Cancelled', 'The job was cancelled by request.', 'legwork jobs show ID names who asked.'),
  LW2007: entry(
    'Worker is stopping',
    'The worker shut down before the handler ended; the job was released and runs elsewhere.',
    'Nothing to do. Give the worker a longer grace if this happens often.',
  ),
  LW2008: entry(
    'Undecodable',
    'The stored payload does not fit the task’s schema in this worker.',
    'Deploy a worker that knows this payload, then: legwork dead retry ID',
  ),
  LW2009: entry(
    'Worker lost',
    'The worker process died or lost its lease while it held the job.',
    'Nothing to do; the loss is counted apart from failures.',
  ),
  LW2010: entry(
    'Isolate lost',
    'The thread or process in which the handler ran ended under it: out of memory, a crash, process.exit, or it was killed because it ignored its signal.',
    'Look at the cause in the attempt; raise isolate.memory, or repair the handler, then: legwork dead retry ID',
  ),
  LW2011: entry(
    'Isolate will not start',
    'The module of an isolated handler could not be loaded there, or isolates of the task ended badly several times in a row.',
    'Repair the module that the message names, export the handler as default or under the name of its task, and restart the worker.',
  ),
  LW2101: entry(
    'Nobody runs the task of this schedule',
    'No live worker has a handler for the task, so its slots wait as long as the missed policy allows.',
    'Start a worker with a handler for it, or legwork schedules pause NAME.',
  ),
  LW2102: entry(
    'Calendar cannot be read here',
    'The stored expression or time zone is unknown to this version of Node or Legwork.',
    'Upgrade Node in the workers, or set the schedule again with another zone.',
  ),
  LW2103: entry(
    'Input of a slot could not be made',
    'The input function of the schedule threw, or gave what the task’s schema refuses. The slot was skipped.',
    'Repair the function; legwork schedules history NAME shows the slots, backfill runs them.',
  ),
  LW2104: entry(
    'Clock disagrees with the store',
    'The clock of this process differs from that of the file system that holds the store. The store’s clock is used.',
    'Synchronise the clocks of the machine (NTP), or take the library away that fakes the time.',
  ),
  LW2105: entry(
    'Another release declares this schedule differently',
    'A release that is alive, or newer, says something else under this name, and its word stands.',
    'Set deployedAt in legwork({ … }), so that the newer release is known.',
  ),
  LW2106: entry(
    'Nobody declares this schedule any more',
    'The schedule was made by code, and no live worker runs that code now, so it does not fire.',
    'Start a worker that declares it; a release without it removes it.',
  ),
  LW2107: entry(
    'Another release declares other limits for this queue',
    'A release that is alive, or newer, says something else of what the queue takes from producers, and its word stands.',
    'Set deployedAt in legwork({ … }), so that the newer release is known; legwork queues list shows the limits.',
  ),
} as const satisfies Record<string, Entry>
