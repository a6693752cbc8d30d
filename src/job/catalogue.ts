const entry = (title: string, why: string, fix: string): Entry => ({ title, why, fix })

/** What each code means, why it happens and what to do: the text behind `legwork explain CODE`. Codes are permanent. */
export const catalogue = {
  LW1001: entry(
    'No SQLite driver',
    'This Node has no usable built-in SQLite (node:sqlite needs Node 22.13 or newer, with SQLite 3.51.3 or newer inside).',
    'npm install @photostructure/sqlite',
  ),
  LW1002: entry(
    'Store cannot be opened',
    'The path is a directory, is not writable, or is on a file system that refuses it.',
    'Check the path and its rights; legwork doctor --url URL shows each step.',
  ),
  LW1003: entry(
    'Not a Legwork store',
    'The file is not a SQLite database, or is corrupt.',
    'Restore a backup, or name another file.',
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
    'The schema is older than this Legwork, or the file is no Legwork store at all, and automatic migration is off.',
    'Check that it is the right file, then: legwork migrate',
  ),
  LW1012: entry(
    'Durability too weak',
    'The store would lose acknowledged jobs when its process dies.',
    'Change the settings named in the message, or pass acceptDataLoss: true.',
  ),
  LW1013: entry(
    'Store is busy',
    'Another process kept the write lock for longer than the busy timeout.',
    'Look for a long transaction in another process that uses the same file.',
  ),
  LW1014: entry(
    'Wrong transaction',
    'The object given to app.in() is not an open transaction that this store can use.',
    'Pass a connection of the same driver, to the same file, inside a transaction that began with begin immediate.',
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
  LW1101: entry(
    'Unknown task',
    'No task of that name has been defined or handled here.',
    'Check the spelling; register the task with app.handle(task, handler).',
  ),
  LW1102: entry(
    'Payload invalid',
    'The task’s schema refused the input. Nothing was written.',
    'Correct the value at the path in the message.',
  ),
  LW1103: entry(
    'Payload not serialisable',
    'A value cannot be written as JSON without loss.',
    'Convert it first: a Date or BigInt to a string, a Map to an array of entries.',
  ),
  LW1104: entry(
    'Payload too large',
    'The encoded payload or result is over the limit.',
    'Store the data elsewhere and pass a reference.',
  ),
  LW1105: entry(
    'Text not storable',
    'A string holds a NUL character or half of a surrogate pair, which engines store differently or not at all.',
    'Clean the text, or encode bytes as base64.',
  ),
  LW1106: entry(
    'Dangerous key',
    'An object has an own key __proto__, which could change prototypes when read back.',
    'Rename the key.',
  ),
  LW1107: entry(
    'Result invalid',
    'The handler’s result does not fit the task’s output schema, or cannot be stored; a retry would give the same.',
    'Correct the handler, then: legwork dead retry ID',
  ),
  LW1201: entry(
    'Option invalid',
    'An option has a value outside its range. Nothing was written.',
    'Use a value that the message describes.',
  ),
  LW1202: entry(
    'Date in the past or not a date',
    'runAt is not a valid date, or lies in the past.',
    'Leave runAt out to run now.',
  ),
  LW1203: entry(
    'Two handlers for one task',
    'A task may have one handler in an app.',
    'Remove one of the app.handle calls.',
  ),
  LW1204: entry('Already started', 'start() was called twice.', 'Keep the first call.'),
  LW1206: entry(
    'Nothing to work on',
    'start() was called on an app without handlers.',
    'Call app.handle(task, handler) first.',
  ),
  LW1207: entry(
    'Id belongs to another task',
    'A job with that id exists and its task is a different one.',
    'Put the task’s name into your own ids.',
  ),
  LW1208: entry(
    'Test waits for ever',
    'drain() of the test kit waited for a job that gets no further: its handler waits for time that stands still, or no slot serves its queue.',
    'Move the clock: await t.clock.advance(…). For a handler that works longer than that, raise stall.',
  ),
  LW1209: entry(
    'Not unique',
    'Another job holds the unique key, and the rule says throw. Nothing was written.',
    'Look at the job that the message names: legwork jobs show ID',
  ),
  LW1210: entry(
    'Unique key unusable',
    'The function unique.by threw, or what makes the key is not a text, a number or a list of them, or is too long.',
    'Return something short that identifies the work, such as a user’s id.',
  ),
  LW1212: entry(
    'Queue is full',
    'As many jobs wait in the queue as its limit allows. Nothing was written.',
    'Try again after error.retryAfterMs, add workers, or raise the limit: legwork queues limit NAME --max-waiting N',
  ),
  LW1213: entry(
    'Enqueue rate reached',
    'The queue has taken as many new jobs in the present window as its limit allows. Nothing was written.',
    'Try again after error.retryAfterMs, or raise the limit: legwork queues limit NAME --rate 100/1s',
  ),
  LW1211: entry(
    'States of a unique key not closed',
    'In the set of states given as unique.while a job would let its key go and come back for it in the middle of its life.',
    'Use waiting, incomplete, successful or present, or add the states that the message names.',
  ),
  LW1221: entry(
    'Cron expression invalid',
    'A field of the expression is outside its range or malformed. Nothing was scheduled.',
    'Correct the field that the message names; five fields, or six with the seconds first.',
  ),
  LW1222: entry(
    'Time zone unknown',
    'This Node has no such zone in its time zone data.',
    'Use a name of the IANA database such as Europe/Oslo, or UTC.',
  ),
  LW1223: entry(
    'Schedule never fires',
    'The calendar names no instant in the next hundred years, such as 30 February, or its end comes before its first slot.',
    'Correct the expression, the start or the end.',
  ),
  LW1224: entry(
    'Two schedules of one name',
    'app.schedule() was called twice with one name, or a schedule of the code bears it already.',
    'Give each schedule a name of its own.',
  ),
  LW1231: entry(
    'A newer release says what is kept',
    'The retention of this release differs from that of one deployed later, and the later one stands.',
    'Nothing, where both are alive for a while. Else see deployedAt of both, and legwork retention.',
  ),
  LW1241: entry(
    'Two cursors in one run',
    'iterate() was called twice in one run, or together with checkpoint(); a job keeps one cursor.',
    'Put the second iteration into a job of its own, or keep one cursor for both with checkpoint().',
  ),
  LW1242: entry(
    'next() called twice',
    'A middleware called next() a second time, or after it had ended; a job is run once.',
    'Call next() once. To run the job again throw RetryIn, or raise the task’s attempts.',
  ),
  LW1243: entry(
    'next() not called',
    'A middleware ended without calling next(), so the handler did not run.',
    'Call next(), or throw Snooze, Release or Dead to say what becomes of the job.',
  ),
  LW1244: entry(
    'Batch end does not fit',
    'A batch handler returned something that does not belong to its jobs; those not decided have failed with this.',
    'Return an array with one entry for each job, a Map by job id, or nothing.',
  ),
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
  LW2302: entry(
    'State does not allow this',
    'The job is in a state in which this cannot be done.',
    'legwork jobs show ID',
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
} as const satisfies Record<string, Entry>

export type Code = keyof typeof catalogue
export interface Entry {
  readonly title: string
  readonly why: string
  readonly fix: string
}
