import { type Entry, entry } from './entry.ts'

/** LW11 and LW12: what a call says: payloads, options, limits and moments. */
export const inputCodes = {
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
    'Another job holds the unique key, and the rule says throw, or an edit would give it to a second one. Nothing was written.',
    'Look at the job that the message names: legwork jobs show ID',
  ),
  LW1210: entry(
    'Unique key unusable',
    'The function unique.by threw, or what makes the key is not a text, a number or a list of them, or is too long.',
    'Return something short that identifies the work, such as a user’s id.',
  ),
  LW1211: entry(
    'States of a unique key not closed',
    'In the set of states given as unique.while a job would let its key go and come back for it in the middle of its life.',
    'Use waiting, incomplete, successful or present, or add the states that the message names.',
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
  LW1245: entry(
    'commit() in an isolated handler',
    'The handler runs in a thread or process of its own, from where no transaction can reach the store.',
    'Leave out isolate for this task, or make the effect safe to repeat.',
  ),
  LW1246: entry(
    'Transaction did not commit',
    'The handler called commit() and returned, but its transaction was rolled back or is still open. The attempt has failed.',
    'Return what the transaction answers: return db.transaction(async (tx) => commit(tx, result)). Let what rolls it back throw.',
  ),
} as const satisfies Record<string, Entry>
