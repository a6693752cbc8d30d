// Generated from sql/ and schema/ by scripts/embed.mjs. Change those, then run it again.
export type SqlName =
  | 'againPeek'
  | 'attemptAdd'
  | 'attemptLast'
  | 'attemptList'
  | 'attemptNewest'
  | 'attemptSeen'
  | 'auditAdd'
  | 'auditForget'
  | 'auditNewest'
  | 'auditOldest'
  | 'bulkForget'
  | 'bulkGet'
  | 'bulkList'
  | 'bulkOpen'
  | 'bulkWrite'
  | 'cancels'
  | 'changesActed'
  | 'changesClosed'
  | 'changesEnded'
  | 'changesEnqueued'
  | 'changesNewest'
  | 'changesRunning'
  | 'checkpointKeep'
  | 'claimAgainLater'
  | 'claimAgain'
  | 'claimBody'
  | 'claimPrevious'
  | 'claimStart'
  | 'closingAdd'
  | 'closingTrim'
  | 'countList'
  | 'countOldest'
  | 'deadAdd'
  | 'deadFloor'
  | 'deadLast'
  | 'deadLeave'
  | 'deadPageIds'
  | 'deadPage'
  | 'deadStill'
  | 'deadTask'
  | 'dropAttempt'
  | 'dropCheckpoint'
  | 'dropHistory'
  | 'dropJob'
  | 'dropLog'
  | 'dropNewest'
  | 'dropRevision'
  | 'dropSlot'
  | 'dropTag'
  | 'dropTicket'
  | 'dropUnique'
  | 'duePeek'
  | 'elsewhereEnd'
  | 'elsewhereHead'
  | 'elsewhereHere'
  | 'elsewhereMark'
  | 'elsewhereWorkers'
  | 'enqueueAlikeBodies'
  | 'enqueueAlikeTickets'
  | 'enqueueBody'
  | 'enqueueKnown'
  | 'enqueueLast'
  | 'enqueueTag'
  | 'enqueueTicket'
  | 'failureCount'
  | 'failureDrop'
  | 'failureFind'
  | 'failureGone'
  | 'failureHourDrop'
  | 'failureHour'
  | 'failureHours'
  | 'failureLeave'
  | 'failureList'
  | 'failureMark'
  | 'findFinalFloor'
  | 'findFinal'
  | 'findJobFloor'
  | 'findJob'
  | 'findLiveFloor'
  | 'findLive'
  | 'findQueueFloor'
  | 'findQueue'
  | 'findTagFloor'
  | 'findTag'
  | 'findTaskFloor'
  | 'findTask'
  | 'findUnfinishedFloor'
  | 'findUnfinished'
  | 'forgetPeek'
  | 'historyAdd'
  | 'historyNext'
  | 'historyOver'
  | 'jobById'
  | 'jobBySeq'
  | 'jobRequeue'
  | 'jobRewrite'
  | 'jobToAct'
  | 'jobToEdit'
  | 'laneAdd'
  | 'laneBeside'
  | 'laneHead'
  | 'laneLast'
  | 'laneList'
  | 'logAdd'
  | 'logDrop'
  | 'logList'
  | 'logOldest'
  | 'nextDue'
  | 'onCrashSet'
  | 'payloadReplace'
  | 'payloadThere'
  | 'placeDrop'
  | 'placeFind'
  | 'placeKeep'
  | 'promoteDue'
  | 'queueAdd'
  | 'queueCame'
  | 'queueDeclare'
  | 'queueFind'
  | 'queueLimit'
  | 'queueLimited'
  | 'queuePause'
  | 'queueUndeclare'
  | 'readyPeek'
  | 'recordTicket'
  | 'retainPeek'
  | 'retentionKept'
  | 'retentionOldestQueue'
  | 'retentionOldest'
  | 'retentionSeqs'
  | 'retentionWalk'
  | 'retentionWeigh'
  | 'retentionWeighed'
  | 'revisionAdd'
  | 'revisionList'
  | 'runnerAdd'
  | 'runnerEnd'
  | 'runnerForgetMany'
  | 'runnerForgetOld'
  | 'sampleAdd'
  | 'sampleDue'
  | 'sampleForget'
  | 'sampleNow'
  | 'sampleSince'
  | 'savepointRelease'
  | 'savepointRollback'
  | 'savepoint'
  | 'scheduleAdd'
  | 'scheduleCount'
  | 'scheduleDue'
  | 'scheduleFind'
  | 'scheduleList'
  | 'scheduleMax'
  | 'scheduleMove'
  | 'scheduleRemove'
  | 'scheduleSet'
  | 'settleAttempts'
  | 'settleHistories'
  | 'settleKept'
  | 'settleTally'
  | 'settleTickets'
  | 'slotAdd'
  | 'slotCount'
  | 'slotHeld'
  | 'slotLive'
  | 'slotMax'
  | 'slotOf'
  | 'slotRecordAdd'
  | 'slotRecordDrop'
  | 'slotRecordList'
  | 'slotRecordTrim'
  | 'slotStand'
  | 'slotTicket'
  | 'suspectClear'
  | 'suspectMark'
  | 'suspectPeek'
  | 'tallyAdd'
  | 'taskAdd'
  | 'taskFind'
  | 'ticketBegun'
  | 'ticketCancel'
  | 'ticketExpired'
  | 'ticketHeld'
  | 'ticketPromote'
  | 'ticketRelane'
  | 'ticketRevive'
  | 'ticketWait'
  | 'ticketsById'
  | 'uniqueAdd'
  | 'uniqueChange'
  | 'uniqueFind'
  | 'uniqueGive'
  | 'uniqueMark'
  | 'uniqueOwn'
  | 'uniqueReplaceBody'
  | 'uniqueReplaceTicket'
  | 'uniqueTake'
  | 'uniqueWith'
  | 'workerAdd'
  | 'workerBeat'
  | 'workerEnd'
  | 'workerEnding'
  | 'workerFind'
  | 'workerList'
  | 'workerOverdue'
  | 'workerRemove'

export const sql: Readonly<Record<SqlName, string>> = {
  againPeek: "select exists (\n  select 1 from legwork_ticket indexed by legwork_ticket_running where state = 5 and holder_id = ?1 and call > ?2\n) as due",
  attemptAdd: "insert into legwork_attempt (seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms,\n  digest, reason, fingerprint, error, progress)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
  attemptLast: "select outcome from legwork_attempt where seq = ?1 order by fence desc limit 1",
  attemptList: "select a.attempt, a.fence, coalesce(r.worker, 'forgotten') as worker,\n  coalesce(r.ran_on, 'forgotten') as ran_on, a.started_at_ms, a.ended_at_ms, a.outcome, a.error, a.reason, a.progress\nfrom legwork_attempt a left join legwork_runner r on r.id = a.holder_id\nwhere a.seq = ?1\norder by a.fence",
  attemptNewest: "select a.started_at_ms, a.progress, (\n  select e.error from legwork_attempt e\n  where e.seq = ?1 and e.outcome <> 6 and (e.error is not null or e.outcome = 0)\n  order by e.fence desc limit 1\n) as error\nfrom legwork_attempt a where a.seq = ?1 order by a.fence desc limit 1",
  attemptSeen: "select digest from legwork_attempt where seq = ?1 and fence = ?2 and holder_id = ?3",
  auditAdd: "insert into legwork_audit (at_ms, by, verb, target, reason) values (?1, ?2, ?3, ?4, ?5)",
  auditForget: "delete from legwork_audit where id <= ?1",
  auditNewest: "select coalesce(max(id), 0) as n from legwork_audit",
  auditOldest: "select id as n, at_ms as at from legwork_audit order by id limit ?1",
  bulkForget: "delete from legwork_bulk where n in (\n  select n from legwork_bulk indexed by legwork_bulk_over\n  where over_at_ms is not null and over_at_ms <= ?1\n  order by over_at_ms, n limit ?2\n)",
  bulkGet: "select record from legwork_bulk where id = ?1",
  bulkList: "select record from legwork_bulk order by n desc limit ?1",
  bulkOpen: "select record from legwork_bulk indexed by legwork_bulk_open where is_open = 1 order by n limit 100",
  bulkWrite: "insert into legwork_bulk (id, is_open, started_at_ms, record, over_at_ms) values (?1, ?2, ?3, ?4, ?5)\non conflict (id) do update set is_open = ?2, record = ?4, over_at_ms = ?5",
  cancels: "select j.id, t.fence, t.cancel_reason as reason\nfrom legwork_ticket t indexed by legwork_ticket_asked\ncross join legwork_job j on j.seq = t.seq\nwhere t.holder_id = ?1 and t.cancel_reason is not null\norder by t.seq",
  changesActed: "select id as n, at_ms, verb, target, by, reason from legwork_audit where id > ?1 order by id limit ?2",
  changesClosed: "select c.id as n, c.job as id, k.name as task, q.name as queue, c.how, c.by, c.reason, c.at_ms\nfrom legwork_closing c\ncross join legwork_task k on k.id = c.task_id\ncross join legwork_queue q on q.id = c.queue_id\nwhere c.id > ?1\norder by c.id\nlimit ?2",
  changesEnded: "select a.id as n, j.id, k.name as task, q.name as queue, coalesce(t.state, h.state) as state,\n  a.attempt, a.fence, coalesce(r.worker, 'forgotten') as worker, coalesce(r.ran_on, 'forgotten') as ran_on, a.started_at_ms, a.ended_at_ms, a.outcome, a.error, a.reason, a.progress\nfrom legwork_attempt a\ncross join legwork_job j on j.seq = a.seq\ncross join legwork_task k on k.id = j.task_id\ncross join legwork_queue q on q.id = j.queue_id\nleft join legwork_runner r on r.id = a.holder_id\nleft join legwork_ticket t on t.seq = a.seq\nleft join legwork_history h on h.seq = a.seq\nwhere a.id > ?1\norder by a.id\nlimit ?2",
  changesEnqueued: "select j.seq as n, j.id, k.name as task, q.name as queue, coalesce(t.state, h.state) as state, j.created_at_ms as at_ms\nfrom legwork_job j\ncross join legwork_task k on k.id = j.task_id\ncross join legwork_queue q on q.id = j.queue_id\nleft join legwork_ticket t on t.seq = j.seq\nleft join legwork_history h on h.seq = j.seq\nwhere j.seq > ?1\norder by j.seq\nlimit ?2",
  changesNewest: "select\n  max(coalesce((select max(seq) from legwork_job), 0),\n    coalesce((select cast(value as integer) from legwork_meta where key = 'newest'), 0)) as seq,\n  coalesce((select seq from sqlite_sequence where name = 'legwork_attempt'), 0) as ending,\n  coalesce((select seq from sqlite_sequence where name = 'legwork_audit'), 0) as act,\n  coalesce((select seq from sqlite_sequence where name = 'legwork_closing'), 0) as closing",
  changesRunning: "select j.id, k.name as task, q.name as queue, t.attempt, r.worker, t.started_at_ms, t.progress\nfrom legwork_ticket t indexed by legwork_ticket_running\ncross join legwork_job j on j.seq = t.seq\ncross join legwork_task k on k.id = j.task_id\ncross join legwork_queue q on q.id = j.queue_id\ncross join legwork_runner r on r.id = t.holder_id\nwhere t.state = 5\norder by t.started_at_ms, t.seq\nlimit ?1",
  checkpointKeep: "insert into legwork_checkpoint (seq, value) values (?1, ?2)\non conflict (seq) do update set value = ?2",
  claimAgainLater: "update legwork_ticket indexed by legwork_ticket_running set call = ?4\nwhere state = 5 and holder_id = ?1 and call > ?2 and seq not in (select value from json_each(?3))",
  claimAgain: "select t.seq, j.id, k.name as task, q.name as queue, j.version, t.fence, t.attempt, t.failures, t.losses,\n  j.max_attempts, j.created_at_ms, t.started_at_ms, t.expires_at_ms as deadline_at_ms, t.suspect, j.on_crash, j.payload,\n  (select value from legwork_checkpoint where seq = t.seq) as checkpoint\nfrom legwork_ticket t indexed by legwork_ticket_running\ncross join legwork_job j on j.seq = t.seq\ncross join legwork_task k on k.id = j.task_id\ncross join legwork_queue q on q.id = t.queue_id\nwhere t.state = 5 and t.holder_id = ?1 and t.call > ?2\norder by t.fence, t.seq\nlimit ?3",
  claimBody: "select json_group_array(json_array(\n  j.id, k.name, j.version, t.fence, t.attempt, t.failures, t.losses, j.max_attempts, j.created_at_ms, t.deadline_at_ms,\n  j.payload, case when t.attempt > 1 then (select value from legwork_checkpoint where seq = t.seq) end,\n  case when t.attempt > 1 then (\n    select json_array(a.outcome, a.ended_at_ms, coalesce(r.worker, 'forgotten'), json(a.error), a.reason)\n    from legwork_attempt a left join legwork_runner r on r.id = a.holder_id\n    where a.seq = t.seq order by a.fence desc limit 1\n  ) end,\n  case when j.id like 'schedule:%' then (\n    select json_array(o.at_ms, o.from_ms, o.is_backfill) from legwork_slot o where o.seq = j.seq\n  ) end,\n  j.on_crash\n)) as json\nfrom json_each(?1) s\ncross join legwork_ticket t on t.seq = s.value\ncross join legwork_job j on j.seq = t.seq\ncross join legwork_task k on k.id = j.task_id",
  claimPrevious: "select json_group_array(json_array(j.id, a.outcome, a.ended_at_ms, coalesce(r.worker, 'forgotten'), json(a.error), a.reason)) as json\nfrom json_each(?1) s\ncross join legwork_job j on j.id = s.value\ncross join legwork_attempt a on a.seq = j.seq\n  and a.fence = (select max(b.fence) from legwork_attempt b where b.seq = j.seq)\nleft join legwork_runner r on r.id = a.holder_id",
  claimStart: "update legwork_ticket\nset state = 5, fence = fence + 1, attempt = attempt + 1, expires_at_ms = deadline_at_ms,\n  holder_id = ?1, call = ?2, started_at_ms = ?3, progress = null, log_lines = null, log_bytes = null\nwhere seq in (select value from json_each(?4))",
  closingAdd: "insert into legwork_closing (at_ms, job, task_id, queue_id, how, by, reason)\nselect ?2, id, task_id, queue_id, ?3, ?4, ?5 from legwork_job where seq = ?1",
  closingTrim: "delete from legwork_closing\nwhere id <= (select seq from sqlite_sequence where name = 'legwork_closing') - ?1",
  countList: "select q.id, q.name, q.paused_reason, q.paused_by, q.paused_at_ms,\n  q.limited, q.declared_digest, q.declared_deployed_ms, q.max_waiting, q.rate_max, q.rate_every_ms, c.state, c.n\nfrom legwork_queue q left join legwork_tally c on c.queue_id = q.id",
  countOldest: "select min(oldest_ms) as at_ms from (\n  select (\n    select min(available_at_ms) from (\n      select t.available_at_ms from legwork_ticket t indexed by legwork_ticket_ready\n      where t.state = 3 and t.lane_id = l.id order by t.sort_key limit ?2\n    )\n  ) as oldest_ms\n  from legwork_lane l where l.queue_id = ?1\n)",
  deadAdd: "insert into legwork_dead (seq, failure_id, died_at_ms) values (?1, ?2, ?3)",
  deadFloor: "select id as death from legwork_dead where id > ?1 and id <= ?2 order by id limit 1 offset ?3",
  deadLast: "select coalesce(max(seq), 0) as death from sqlite_sequence where name = 'legwork_dead'",
  deadLeave: "delete from legwork_dead where seq in (select value from json_each(?1)) returning failure_id",
  deadPageIds: "select d.id as death, j.id\nfrom json_each(?10) i\ncross join legwork_job j on j.id = i.value\ncross join legwork_dead d on d.seq = j.seq\nwhere d.id > ?1 and d.id <= ?2\n  and (?4 is null or d.failure_id in (select value from json_each(?4)))\n  and (?5 is null or d.died_at_ms >= ?5) and (?6 is null or d.died_at_ms < ?6)\n  and (?7 is null or ?7 = (select h.reason from legwork_history h where h.seq = d.seq))\n  and (?8 is null or exists (select 1 from legwork_tag g where g.tag = ?8 and g.seq = d.seq))\n  and (?9 is null or instr(json_extract((\n    select a.error from legwork_attempt a\n    where a.seq = d.seq and a.outcome <> 6 and (a.error is not null or a.outcome = 0)\n    order by a.fence desc limit 1\n  ), '$.message'), ?9) > 0)\norder by d.id\nlimit ?3",
  deadPage: "select d.id as death, j.id\nfrom legwork_dead d\ncross join legwork_job j on j.seq = d.seq\nwhere d.id > ?1 and d.id <= ?2\n  and (?4 is null or d.failure_id in (select value from json_each(?4)))\n  and (?5 is null or d.died_at_ms >= ?5) and (?6 is null or d.died_at_ms < ?6)\n  and (?7 is null or ?7 = (select h.reason from legwork_history h where h.seq = d.seq))\n  and (?8 is null or exists (select 1 from legwork_tag g where g.tag = ?8 and g.seq = d.seq))\n  and (?9 is null or instr(json_extract((\n    select a.error from legwork_attempt a\n    where a.seq = d.seq and a.outcome <> 6 and (a.error is not null or a.outcome = 0)\n    order by a.fence desc limit 1\n  ), '$.message'), ?9) > 0)\norder by d.id\nlimit ?3",
  deadStill: "select id as death, seq from legwork_dead where id in (select value from json_each(?1))",
  deadTask: "select seq, task_id from legwork_job where seq in (select value from json_each(?1))",
  dropAttempt: "delete from legwork_attempt where seq in (select value from json_each(?1))",
  dropCheckpoint: "delete from legwork_checkpoint where seq in (select value from json_each(?1))",
  dropHistory: "delete from legwork_history where seq in (select value from json_each(?1))",
  dropJob: "delete from legwork_job where seq in (select value from json_each(?1))",
  dropLog: "delete from legwork_log where seq in (select value from json_each(?1))",
  dropNewest: "insert into legwork_meta (key, value)\nselect 'newest', cast(newest.seq as text) from (select (select max(seq) from legwork_job) as seq) newest\nwhere newest.seq in (select value from json_each(?1))\non conflict (key) do update set value = excluded.value\nwhere cast(excluded.value as integer) > cast(legwork_meta.value as integer)",
  dropRevision: "delete from legwork_revision where seq in (select value from json_each(?1))",
  dropSlot: "delete from legwork_slot where seq in (select value from json_each(?1))",
  dropTag: "delete from legwork_tag where (tag, seq) in (\n  select t.value, j.seq\n  from json_each(?1) s cross join legwork_job j on j.seq = s.value cross join json_each(j.tags) t\n)",
  dropTicket: "delete from legwork_ticket where seq in (select value from json_each(?1))",
  dropUnique: "delete from legwork_unique where seq in (select value from json_each(?1))",
  duePeek: "select exists (select 1 from legwork_ticket indexed by legwork_ticket_scheduled where state = 1 and available_at_ms <= ?1)\n  or exists (\n    select 1 from legwork_ticket indexed by legwork_ticket_expiring\n    where state not in (4, 5) and expires_at_ms is not null and expires_at_ms <= ?1\n  )\n  or exists (select 1 from legwork_worker where lease_ends_mono_ms <= ?2 or boot <> ?3) as due",
  elsewhereEnd: "update legwork_ticket set avoids = null, lane_id = (\n  select p.id from legwork_lane l\n  join legwork_lane p on p.queue_id = l.queue_id and p.task_id = l.task_id and p.version = l.version and p.kind = 0\n  where l.id = legwork_ticket.lane_id\n)\nwhere seq in (select value from json_each(?1)) and avoids is not null",
  elsewhereHead: "select json_group_array(json_array(sort_key, seq)) as json\nfrom (\n  select sort_key, seq\n  from (\n    select sort_key, seq, expires_at_ms, available_at_ms, avoids from legwork_ticket indexed by legwork_ticket_ready\n    where state = 3 and lane_id = ?1\n    order by sort_key, seq\n    limit ?3\n  )\n  where (expires_at_ms is null or expires_at_ms > ?4)\n    and (available_at_ms <= ?6 or avoids <> ?5)\n  limit ?2\n)",
  elsewhereHere: "select ran_on from legwork_runner where id = ?1",
  elsewhereMark: "update legwork_ticket set avoids = ?3, lane_id = ?2 where seq = ?1",
  elsewhereWorkers: "select w.host, w.pid, w.queues, w.tasks, w.ending\nfrom legwork_worker w cross join legwork_runner r on r.id = w.holder_id\nwhere w.lease_ends_mono_ms > ?2 and w.boot = ?3\n  and r.ran_on <> ?1",
  enqueueAlikeBodies: "insert into legwork_job (seq, id, task_id, queue_id, version, priority, max_attempts, created_at_ms, ttl_ms, deadline_ms,\n  retain, payload)\nselect ?2 + (s.value ->> 2), s.value ->> 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, s.value ->> 1\nfrom jsonb_each(?1) s\nwhere true\non conflict (id) do nothing",
  enqueueAlikeTickets: "insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms)\nselect ?2 + (s.value ->> 2), ?3, ?4, ?5, ?6, ?7, ?8, ?9 from jsonb_each(?1) s",
  enqueueBody: "insert into legwork_job (seq, id, task_id, queue_id, version, priority, max_attempts, created_at_ms, ttl_ms, deadline_ms,\n  retain, tags, payload)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
  enqueueKnown: "select json_group_array(json_array(j.id, coalesce(t.state, h.state), k.name)) as json\nfrom json_each(?1) s\ncross join legwork_job j on j.id = s.value\ncross join legwork_task k on k.id = j.task_id\nleft join legwork_ticket t on t.seq = j.seq\nleft join legwork_history h on h.seq = j.seq",
  enqueueLast: "select max(coalesce((select max(seq) from legwork_job), 0),\n  coalesce((select cast(value as integer) from legwork_meta where key = 'newest'), 0)) as seq",
  enqueueTag: "insert or ignore into legwork_tag (tag, seq) values (?1, ?2)",
  enqueueTicket: "insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
  failureCount: "insert into legwork_failure (task_id, queue_id, fingerprint, name, message, dead, total, first_at_ms, last_at_ms)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?7)\non conflict (task_id, queue_id, fingerprint) do update set name = ?4, message = ?5, dead = dead + ?6,\n  total = total + ?6, last_at_ms = ?7,\n  regressed_at_ms = case status when 2 then ?7 else regressed_at_ms end,\n  status = case status when 2 then 0 else status end\nreturning id",
  failureDrop: "delete from legwork_failure where id = ?1",
  failureFind: "select id, dead from legwork_failure\nwhere (?1 is null or task_id = ?1) and (?2 is null or queue_id = ?2) and (?3 is null or fingerprint = ?3)",
  failureGone: "select id from legwork_failure indexed by legwork_failure_gone where dead = 0 and last_at_ms <= ?1 limit ?2",
  failureHourDrop: "delete from legwork_failure_hour where failure_id = ?1 and hour < ?2",
  failureHour: "insert into legwork_failure_hour (failure_id, hour, n) values (?1, ?2, ?3)\non conflict (failure_id, hour) do update set n = n + ?3",
  failureHours: "select failure_id, hour, n from legwork_failure_hour\nwhere failure_id in (select value from json_each(?1)) and hour >= ?2",
  failureLeave: "update legwork_failure set dead = dead - ?2 where id = ?1",
  failureList: "select f.id, t.name as task, q.name as queue, f.fingerprint, f.name, f.message, f.dead, f.total, f.first_at_ms, f.last_at_ms,\n  f.status, f.regressed_at_ms, (\n    select j.id from legwork_dead d indexed by legwork_dead_failure cross join legwork_job j on j.seq = d.seq\n    where d.failure_id = f.id order by d.id desc limit 1\n  ) as sample\nfrom legwork_failure f\ncross join legwork_task t on t.id = f.task_id\ncross join legwork_queue q on q.id = f.queue_id\nwhere (?1 is null or f.task_id = ?1) and (?2 is null or f.queue_id = ?2) and (?3 is null or f.fingerprint = ?3)\n  and (?4 is null or f.last_at_ms >= ?4)\norder by f.dead desc, f.last_at_ms desc, t.name, q.name, f.fingerprint\nlimit ?5",
  failureMark: "update legwork_failure set status = ?2, regressed_at_ms = null where id = ?1",
  findFinalFloor: "select d.seq from legwork_history d\nwhere d.seq < ?1 and (?3 is null or 1)\norder by d.seq desc\nlimit 1 offset ?2",
  findFinal: "select d.seq\nfrom legwork_history d\ncross join legwork_job j on j.seq = d.seq\nleft join legwork_ticket t on t.seq = d.seq\nleft join legwork_history h on h.seq = d.seq\nwhere d.seq < ?1 and d.seq >= ?2\n  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)\n  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))\n  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))\norder by d.seq desc\nlimit ?3",
  findJobFloor: "select d.seq from legwork_job d\nwhere d.seq < ?1 and (?3 is null or 1)\norder by d.seq desc\nlimit 1 offset ?2",
  findJob: "select d.seq\nfrom legwork_job d\ncross join legwork_job j on j.seq = d.seq\nleft join legwork_ticket t on t.seq = d.seq\nleft join legwork_history h on h.seq = d.seq\nwhere d.seq < ?1 and d.seq >= ?2\n  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)\n  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))\n  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))\norder by d.seq desc\nlimit ?3",
  findLiveFloor: "select d.seq from legwork_ticket d\nwhere d.seq < ?1 and (?3 is null or 1)\norder by d.seq desc\nlimit 1 offset ?2",
  findLive: "select d.seq\nfrom legwork_ticket d\ncross join legwork_job j on j.seq = d.seq\nleft join legwork_ticket t on t.seq = d.seq\nleft join legwork_history h on h.seq = d.seq\nwhere d.seq < ?1 and d.seq >= ?2\n  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)\n  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))\n  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))\norder by d.seq desc\nlimit ?3",
  findQueueFloor: "select d.seq from legwork_job d indexed by legwork_job_queue\nwhere d.queue_id = ?3 and d.seq < ?1 and (?3 is null or 1)\norder by d.seq desc\nlimit 1 offset ?2",
  findQueue: "select d.seq\nfrom legwork_job d indexed by legwork_job_queue\ncross join legwork_job j on j.seq = d.seq\nleft join legwork_ticket t on t.seq = d.seq\nleft join legwork_history h on h.seq = d.seq\nwhere d.queue_id = ?4 and d.seq < ?1 and d.seq >= ?2\n  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)\n  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))\n  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))\norder by d.seq desc\nlimit ?3",
  findTagFloor: "select d.seq from legwork_tag d\nwhere d.tag = ?3 and d.seq < ?1 and (?3 is null or 1)\norder by d.seq desc\nlimit 1 offset ?2",
  findTag: "select d.seq\nfrom legwork_tag d\ncross join legwork_job j on j.seq = d.seq\nleft join legwork_ticket t on t.seq = d.seq\nleft join legwork_history h on h.seq = d.seq\nwhere d.tag = ?7 and d.seq < ?1 and d.seq >= ?2\n  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)\n  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))\n  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))\norder by d.seq desc\nlimit ?3",
  findTaskFloor: "select d.seq from legwork_job d indexed by legwork_job_task\nwhere d.task_id = ?3 and d.seq < ?1 and (?3 is null or 1)\norder by d.seq desc\nlimit 1 offset ?2",
  findTask: "select d.seq\nfrom legwork_job d indexed by legwork_job_task\ncross join legwork_job j on j.seq = d.seq\nleft join legwork_ticket t on t.seq = d.seq\nleft join legwork_history h on h.seq = d.seq\nwhere d.task_id = ?5 and d.seq < ?1 and d.seq >= ?2\n  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)\n  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))\n  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))\norder by d.seq desc\nlimit ?3",
  findUnfinishedFloor: "select d.seq from legwork_history d indexed by legwork_history_unfinished\nwhere d.state = ?3 and d.state <> 7 and d.seq < ?1 and (?3 is null or 1)\norder by d.seq desc\nlimit 1 offset ?2",
  findUnfinished: "select d.seq\nfrom legwork_history d indexed by legwork_history_unfinished\ncross join legwork_job j on j.seq = d.seq\nleft join legwork_ticket t on t.seq = d.seq\nleft join legwork_history h on h.seq = d.seq\nwhere d.state = ?8 and d.state <> 7 and d.seq < ?1 and d.seq >= ?2\n  and (?4 is null or j.queue_id = ?4) and (?5 is null or j.task_id = ?5)\n  and (?6 is null or coalesce(t.state, h.state) in (select value from json_each(?6)))\n  and (?7 is null or exists (select 1 from legwork_tag g where g.tag = ?7 and g.seq = j.seq))\norder by d.seq desc\nlimit ?3",
  forgetPeek: "select exists (\n    select 1 from legwork_runner indexed by legwork_runner_gone\n    where gone_at_ms is not null and gone_at_ms <= ?1 and id < (select max(id) from legwork_runner)\n  )\n  or exists (\n    select 1 from legwork_runner\n    where id <= (select max(id) from legwork_runner) - ?2 and gone_at_ms is not null\n  )\n  or (select at_ms from legwork_audit order by id limit 1) <= ?3\n  or (select max(id) from legwork_audit) - (select id from legwork_audit order by id limit 1) >= ?4\n  or exists (\n    select 1 from legwork_bulk indexed by legwork_bulk_over where over_at_ms is not null and over_at_ms <= ?5\n  ) as due",
  historyAdd: "insert into legwork_history (seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt,\n  failures, losses, snoozes, releases, reason, result)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
  historyNext: "select expires_at_ms as at_ms from legwork_history indexed by legwork_history_expiring\nwhere expires_at_ms is not null\norder by expires_at_ms limit 1",
  historyOver: "select seq, state, queue_id from legwork_history indexed by legwork_history_expiring\nwhere expires_at_ms is not null and expires_at_ms <= ?1\norder by expires_at_ms\nlimit ?2",
  jobById: "select j.seq, j.id, k.name as task, q.name as queue, coalesce(t.state, h.state) as state, j.version, j.priority, j.max_attempts,\n  j.created_at_ms, j.tags, j.payload,\n  coalesce(t.available_at_ms, h.available_at_ms) as available_at_ms, t.expires_at_ms, h.finished_at_ms,\n  coalesce(t.fence, h.fence) as fence, coalesce(t.attempt, h.attempt) as attempt,\n  coalesce(t.failures, h.failures) as failures, coalesce(t.losses, h.losses) as losses,\n  coalesce(t.snoozes, h.snoozes) as snoozes, coalesce(t.releases, h.releases) as releases,\n  r.worker, t.started_at_ms, t.cancel_reason, t.progress, t.suspect, t.avoids, h.reason, h.result, c.value as checkpoint\nfrom legwork_job j\ncross join legwork_task k on k.id = j.task_id\ncross join legwork_queue q on q.id = j.queue_id\nleft join legwork_ticket t on t.seq = j.seq\nleft join legwork_history h on h.seq = j.seq\nleft join legwork_checkpoint c on c.seq = j.seq\nleft join legwork_runner r on r.id = t.holder_id\nwhere j.id = ?1",
  jobBySeq: "select j.seq, j.id, k.name as task, q.name as queue, coalesce(t.state, h.state) as state, j.version, j.priority, j.max_attempts,\n  j.created_at_ms, j.tags, j.payload,\n  coalesce(t.available_at_ms, h.available_at_ms) as available_at_ms, t.expires_at_ms, h.finished_at_ms,\n  coalesce(t.fence, h.fence) as fence, coalesce(t.attempt, h.attempt) as attempt,\n  coalesce(t.failures, h.failures) as failures, coalesce(t.losses, h.losses) as losses,\n  coalesce(t.snoozes, h.snoozes) as snoozes, coalesce(t.releases, h.releases) as releases,\n  r.worker, t.started_at_ms, t.cancel_reason, t.progress, t.suspect, t.avoids, h.reason, h.result, c.value as checkpoint\nfrom json_each(?1) s\ncross join legwork_job j on j.seq = s.value\ncross join legwork_task k on k.id = j.task_id\ncross join legwork_queue q on q.id = j.queue_id\nleft join legwork_ticket t on t.seq = j.seq\nleft join legwork_history h on h.seq = j.seq\nleft join legwork_checkpoint c on c.seq = j.seq\nleft join legwork_runner r on r.id = t.holder_id\norder by j.seq desc",
  jobRequeue: "update legwork_job set queue_id = ?2 where seq = ?1",
  jobRewrite: "update legwork_job set version = ?2, payload = ?3 where seq = ?1",
  jobToAct: "select j.id, j.retain, j.priority, j.seq, j.queue_id, j.task_id, j.version, j.deadline_ms, coalesce(t.state, h.state) as state,\n  t.available_at_ms, t.fence, t.attempt, t.failures, t.losses, t.snoozes, t.releases, t.holder_id, t.expires_at_ms,\n  t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,\n  t.unique_states\nfrom legwork_job j\nleft join legwork_ticket t on t.seq = j.seq\nleft join legwork_history h on h.seq = j.seq\nwhere j.id = ?1",
  jobToEdit: "select j.seq, j.queue_id, j.task_id, coalesce(t.state, h.state) as state, t.suspect, t.avoids, j.payload,\n  (select count(*) from legwork_revision r where r.seq = j.seq) as revisions\nfrom legwork_job j\nleft join legwork_ticket t on t.seq = j.seq\nleft join legwork_history h on h.seq = j.seq\nwhere j.id = ?1",
  laneAdd: "insert into legwork_lane (queue_id, task_id, version) values (?1, ?2, ?3)\non conflict (queue_id, task_id, version, kind) do update set version = version\nreturning id",
  laneBeside: "insert into legwork_lane (queue_id, task_id, version, kind)\nselect l.queue_id, l.task_id, l.version, ?2\nfrom legwork_ticket t join legwork_lane l on l.id = t.lane_id\nwhere t.seq = ?1\non conflict (queue_id, task_id, version, kind) do update set version = version\nreturning id",
  laneHead: "select json_group_array(json_array(sort_key, seq)) as json\nfrom (\n  select sort_key, seq\n  from (\n    select sort_key, seq, expires_at_ms from legwork_ticket indexed by legwork_ticket_ready\n    where state = 3 and lane_id = ?1\n    order by sort_key, seq\n    limit ?3\n  )\n  where expires_at_ms is null or expires_at_ms > ?4\n  limit ?2\n)",
  laneLast: "select coalesce(max(id), 0) as id from legwork_lane",
  laneList: "select json_group_array(json_array(l.id, k.name, l.version, l.kind)) as json\nfrom legwork_lane l cross join legwork_task k on k.id = l.task_id\nwhere l.queue_id = ?1",
  logAdd: "insert into legwork_log (seq, attempt, n, at_ms, level, message, data) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
  logDrop: "delete from legwork_log where seq = ?1 and attempt = ?2 and n <= ?3",
  logList: "select attempt, at_ms, level, message, data from legwork_log where seq = ?1 order by attempt, n",
  logOldest: "select n, message, data from legwork_log where seq = ?1 and attempt = ?2 order by n limit ?3",
  nextDue: "select\n  (select available_at_ms from legwork_ticket indexed by legwork_ticket_scheduled where state = 1\n    order by available_at_ms limit 1) as job_at_ms,\n  (select min(case when boot = ?2 then lease_ends_mono_ms else 0 end) from legwork_worker\n    where holder_id <> ?1) as lease_mono_ms",
  onCrashSet: "update legwork_job set on_crash = ?2 where seq = ?1",
  payloadReplace: "update legwork_job set payload = ?3 where id = ?1 and payload = ?2 returning seq",
  payloadThere: "select seq from legwork_job where id = ?1",
  placeDrop: "delete from legwork_meta where key = ?1",
  placeFind: "select value from legwork_meta where key = ?1",
  placeKeep: "insert into legwork_meta (key, value) values (?1, ?2) on conflict (key) do update set value = excluded.value",
  promoteDue: "update legwork_ticket set state = 3\nwhere seq in (\n  select seq from legwork_ticket indexed by legwork_ticket_scheduled\n  where state = 1 and available_at_ms <= ?1\n  order by available_at_ms, seq\n  limit ?2\n)\nreturning queue_id",
  queueAdd: "insert into legwork_queue (name) values (?1) on conflict (name) do update set name = name returning id",
  queueCame: "update legwork_queue set came = ?2 where id = ?1",
  queueDeclare: "update legwork_queue set declared_digest = ?2, declared_deployed_ms = ?3\nwhere id = ?1 and declared_digest is ?4",
  queueFind: "select id, paused_at_ms is not null as paused from legwork_queue where name = ?1",
  queueLimit: "update legwork_queue set limited = ?2, max_waiting = ?3, rate_max = ?4, rate_every_ms = ?5,\n  came = case when ?4 is null then null else came end\nwhere id = ?1",
  queueLimited: "select q.name, q.id, q.max_waiting, q.rate_max, q.rate_every_ms, q.came, (\n  select coalesce(sum(c.n), 0) from legwork_tally c where c.queue_id = q.id and c.state between 0 and 3\n) as waiting\nfrom legwork_queue q indexed by legwork_queue_limited\nwhere q.limited = 1",
  queuePause: "update legwork_queue set paused_reason = ?2, paused_by = ?3, paused_at_ms = ?4 where id = ?1",
  queueUndeclare: "update legwork_queue set declared_digest = null, declared_deployed_ms = null where id = ?1",
  readyPeek: "select exists (select 1 from legwork_ticket indexed by legwork_ticket_ready where state = 3 and lane_id = ?1) as due",
  recordTicket: "update legwork_ticket set progress = ?2, log_lines = ?3, log_bytes = ?4 where seq = ?1",
  retainPeek: "select exists (\n  select 1 from legwork_history indexed by legwork_history_expiring\n  where expires_at_ms is not null and expires_at_ms <= ?1\n) as due",
  retentionKept: "select\n  (select coalesce(sum(n), 0) from legwork_tally where state = ?1 and (?2 is null or queue_id = ?2)) as count,\n  (select coalesce(sum(bytes), 0) from legwork_weight where state = ?1 and (?2 is null or queue_id = ?2)) as bytes",
  retentionOldestQueue: "select seq, state, queue_id, bytes from legwork_history indexed by legwork_history_kept_queue\nwhere bytes is not null and queue_id = ?3 and state = ?1\norder by finished_at_ms, seq\nlimit ?2",
  retentionOldest: "select seq, state, queue_id, bytes from legwork_history indexed by legwork_history_kept\nwhere bytes is not null and state = ?1\norder by finished_at_ms, seq\nlimit ?2",
  retentionSeqs: "select json_group_array(seq) as json from legwork_attempt where id > ?1",
  retentionWalk: "select seq from legwork_history where seq > ?1 order by seq limit ?2",
  retentionWeigh: "select h.seq, h.state, q.name as queue, h.finished_at_ms, j.retain,\n  case when u.states >> h.state & 1 = 1 then u.until_ms else 0 end as held_until_ms,\n  case when ?2 = 1 then ?3 + octet_length(j.payload) + coalesce(octet_length(h.result), 0)\n    + (select coalesce(sum(?4 + coalesce(octet_length(a.error), 0)), 0) from legwork_attempt a where a.seq = h.seq)\n    + (select coalesce(sum(octet_length(l.message) + coalesce(octet_length(l.data), 0)), 0)\n      from legwork_log l where l.seq = h.seq)\n  else 0 end as bytes\nfrom json_each(?1) s\ncross join legwork_history h on h.seq = s.value\ncross join legwork_job j on j.seq = h.seq\ncross join legwork_queue q on q.id = h.queue_id\nleft join legwork_unique u on u.seq = h.seq",
  retentionWeighed: "update legwork_history set expires_at_ms = w.value ->> 1, bytes = w.value ->> 2\nfrom json_each(?1) w\nwhere legwork_history.seq = w.value ->> 0",
  revisionAdd: "insert into legwork_revision (seq, n, at_ms, by, reason, version, payload)\nselect ?1, 1 + (select count(*) from legwork_revision where seq = ?1), ?2, ?3, ?4, version, payload\nfrom legwork_job where seq = ?1",
  revisionList: "select n, at_ms, by, reason, version, payload from legwork_revision where seq = ?1 order by n",
  runnerAdd: "insert into legwork_runner (worker, ran_on) values (?1, ?2)\non conflict (worker) do update set ran_on = ?2, gone_at_ms = null returning id",
  runnerEnd: "update legwork_runner set gone_at_ms = ?2 where id = ?1",
  runnerForgetMany: "delete from legwork_runner where id in (\n  select id from legwork_runner\n  where id <= (select max(id) from legwork_runner) - ?1 and gone_at_ms is not null\n  order by id limit ?2\n)",
  runnerForgetOld: "delete from legwork_runner where id in (\n  select id from legwork_runner indexed by legwork_runner_gone\n  where gone_at_ms is not null and gone_at_ms <= ?1 and id < (select max(id) from legwork_runner)\n  order by gone_at_ms, id limit ?2\n)",
  sampleAdd: "insert into legwork_sample (at_ms, bytes, enqueued, live, completed, dead, cancelled)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?7)\non conflict (at_ms) do nothing",
  sampleDue: "select coalesce((select max(at_ms) from legwork_sample) not between ?1 and ?2, 1) as due",
  sampleForget: "delete from legwork_sample where at_ms <= ?1 or at_ms > ?2",
  sampleNow: "select\n  max(coalesce((select max(seq) from legwork_job), 0),\n    coalesce((select cast(value as integer) from legwork_meta where key = 'newest'), 0)) as enqueued,\n  (select coalesce(sum(n), 0) from legwork_tally where state < 7) as live,\n  (select coalesce(sum(n), 0) from legwork_tally where state = 7) as completed,\n  (select coalesce(sum(n), 0) from legwork_tally where state = 8) as dead,\n  (select coalesce(sum(n), 0) from legwork_tally where state = 9) as cancelled",
  sampleSince: "select at_ms, bytes, enqueued, live, completed, dead, cancelled from legwork_sample\nwhere at_ms between ?1 and ?2\norder by at_ms limit 1",
  savepointRelease: "release legwork_here",
  savepointRollback: "rollback to legwork_here",
  savepoint: "savepoint legwork_here",
  scheduleAdd: "insert into legwork_schedule (name, revision, cursor_at_ms, next_at_ms, body) values (?1, 1, ?2, ?3, ?4)\nreturning id",
  scheduleCount: "update legwork_schedule set fired = fired + ?2 where id = ?1",
  scheduleDue: "select * from legwork_schedule indexed by legwork_schedule_due\nwhere next_at_ms is not null\norder by next_at_ms, name\nlimit ?1",
  scheduleFind: "select * from legwork_schedule where name = ?1",
  scheduleList: "select * from legwork_schedule\nwhere name > ?1 and (?3 is null or name in (select value from json_each(?3)))\norder by name\nlimit ?2",
  scheduleMax: "update legwork_schedule set max_running = ?2 where id = ?1",
  scheduleMove: "update legwork_schedule set revision = revision + 1, cursor_at_ms = ?2, next_at_ms = ?3, max_running = ?4 where id = ?1",
  scheduleRemove: "delete from legwork_schedule where id = ?1",
  scheduleSet: "update legwork_schedule set revision = revision + 1, cursor_at_ms = ?2, next_at_ms = ?3, body = ?4 where id = ?1",
  settleAttempts: "insert into legwork_attempt (seq, fence, attempt, holder_id, outcome, started_at_ms, ended_at_ms, digest, progress)\nselect t.seq, t.fence, t.attempt, t.holder_id, 0, t.started_at_ms, ?3, s.value ->> 2, t.progress\nfrom jsonb_each(?1) s\ncross join legwork_job j on j.id = s.value ->> 0\ncross join legwork_ticket t on t.seq = j.seq\nwhere t.state = 5 and t.holder_id = ?2 and t.fence = s.value ->> 1",
  settleHistories: "insert into legwork_history (seq, state, queue_id, available_at_ms, finished_at_ms, expires_at_ms, fence, attempt,\n  failures, losses, snoozes, releases, reason, result)\nselect t.seq, 7, t.queue_id, t.available_at_ms, ?3,\n  ?3 + case when j.retain is null then ?4 else j.retain ->> 'completed' end,\n  t.fence, t.attempt, t.failures, t.losses, t.snoozes, t.releases, null, s.value ->> 3\nfrom jsonb_each(?1) s\ncross join legwork_attempt a on a.id = ?2 + 1 + s.key\ncross join legwork_ticket t on t.seq = a.seq\ncross join legwork_job j on j.seq = a.seq",
  settleKept: "update legwork_history set expires_at_ms = max(expires_at_ms, (\n  select coalesce(u.until_ms, legwork_history.expires_at_ms) from legwork_unique u where u.seq = legwork_history.seq\n))\nwhere expires_at_ms is not null and seq in (\n  select t.seq from legwork_attempt a cross join legwork_ticket t on t.seq = a.seq\n  where a.id > ?1 and t.unique_states is not null and t.unique_states >> 7 & 1 = 1\n)",
  settleTally: "select t.queue_id, count(*) as n, count(t.unique_states) as keys\nfrom legwork_attempt a cross join legwork_ticket t on t.seq = a.seq\nwhere a.id > ?1\ngroup by t.queue_id",
  settleTickets: "delete from legwork_ticket where seq in (select seq from legwork_attempt where id > ?1)",
  slotAdd: "insert into legwork_slot (seq, schedule_id, at_ms, from_ms, is_backfill, standing) values (?1, ?2, ?3, ?4, ?5, ?6)",
  slotCount: "select count(*) as live, count(*) filter (where standing = 0) as held\nfrom legwork_slot indexed by legwork_slot_live\nwhere schedule_id = ?1 and standing < 2",
  slotHeld: "select s.seq, t.queue_id, t.available_at_ms, j.priority\nfrom legwork_slot s indexed by legwork_slot_live\ncross join legwork_ticket t on t.seq = s.seq\ncross join legwork_job j on j.seq = s.seq\nwhere s.schedule_id = ?1 and s.standing = 0 and s.standing < 2 and (t.expires_at_ms is null or t.expires_at_ms > ?3)\norder by s.at_ms, s.seq\nlimit ?2",
  slotLive: "select j.id, s.standing from legwork_slot s indexed by legwork_slot_live\ncross join legwork_job j on j.seq = s.seq\nwhere s.schedule_id = ?1 and s.standing < 2\norder by s.standing, s.at_ms, s.seq",
  slotMax: "select c.max_running, (\n    select count(*) from legwork_slot indexed by legwork_slot_live where schedule_id = ?1 and standing = 1 and standing < 2\n  ) as admitted\nfrom legwork_schedule c where c.id = ?1",
  slotOf: "select s.at_ms, s.from_ms, s.is_backfill,\n  case when s.standing = 0 then (\n    select h.id from legwork_slot o indexed by legwork_slot_live cross join legwork_job h on h.seq = o.seq\n    where o.schedule_id = s.schedule_id and o.standing = 1 and o.standing < 2 order by o.seq limit 1\n  ) end as held_by\nfrom legwork_job j cross join legwork_slot s on s.seq = j.seq\nwhere j.id = ?1",
  slotRecordAdd: "insert into legwork_slot_record (schedule_id, at_ms, until_ms, n, outcome, reason, note, job, decided_at_ms)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
  slotRecordDrop: "delete from legwork_slot_record where schedule_id = ?1",
  slotRecordList: "select * from legwork_slot_record where schedule_id = ?1 order by id desc limit ?2",
  slotRecordTrim: "delete from legwork_slot_record\nwhere schedule_id = ?1 and id <= (\n  select id from legwork_slot_record where schedule_id = ?1 order by id desc limit 1 offset ?2\n)",
  slotStand: "update legwork_slot set standing = ?2 where seq = ?1\nreturning schedule_id",
  slotTicket: "update legwork_ticket set state = ?2, available_at_ms = ?3, sort_key = ?4 where seq = ?1",
  suspectClear: "update legwork_ticket set suspect = null, lane_id = (\n  select p.id from legwork_lane l\n  join legwork_lane p on p.queue_id = l.queue_id and p.task_id = l.task_id and p.version = l.version and p.kind = 0\n  where l.id = legwork_ticket.lane_id\n)\nwhere seq = ?1 and suspect = 1",
  suspectMark: "update legwork_ticket set suspect = 1, lane_id = ?2 where seq = ?1",
  suspectPeek: "select exists (select 1 from legwork_ticket indexed by legwork_ticket_suspect where suspect = 1 and state = 3)\n  and not exists (\n    select 1 from legwork_ticket t indexed by legwork_ticket_suspect\n    join legwork_worker w on w.holder_id = t.holder_id\n    where t.suspect = 1 and t.state = 5 and t.started_at_ms > ?1 and t.holder_id <> ?2\n      and w.lease_ends_mono_ms > ?3 and w.boot = ?4\n  ) as due",
  tallyAdd: "insert into legwork_tally (queue_id, state, n) values (?1, ?2, ?3)\non conflict (queue_id, state) do update set n = n + ?3",
  taskAdd: "insert into legwork_task (name) values (?1) on conflict (name) do update set name = name returning id",
  taskFind: "select id from legwork_task where name = ?1",
  ticketBegun: "update legwork_ticket set begun_fence = fence where seq = ?1",
  ticketCancel: "update legwork_ticket set cancel_reason = coalesce(cancel_reason, ?2) where seq = ?1",
  ticketExpired: "select j.id, j.retain, j.priority, t.seq, t.state, t.queue_id, t.available_at_ms, t.fence, t.attempt, t.failures, t.losses, t.snoozes,\n  t.releases, t.holder_id, t.expires_at_ms, t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,\n  t.unique_states\nfrom legwork_ticket t indexed by legwork_ticket_expiring\ncross join legwork_job j on j.seq = t.seq\nwhere t.state not in (4, 5) and t.expires_at_ms is not null and t.expires_at_ms <= ?1\norder by t.expires_at_ms\nlimit ?2",
  ticketHeld: "select j.id, j.retain, j.priority, j.max_attempts, j.on_crash, t.suspect, t.begun_fence, t.seq, t.state, t.queue_id, t.available_at_ms, t.fence, t.attempt, t.failures, t.losses, t.snoozes,\n  t.releases, t.holder_id, t.expires_at_ms, t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,\n  t.unique_states\nfrom legwork_ticket t indexed by legwork_ticket_running\ncross join legwork_job j on j.seq = t.seq\nwhere t.state = 5 and t.holder_id = ?1\norder by t.seq\nlimit ?2",
  ticketPromote: "update legwork_ticket set state = 3, available_at_ms = ?2, sort_key = ?3 where seq = ?1 and state = 1",
  ticketRelane: "update legwork_ticket set lane_id = ?2 where seq = ?1",
  ticketRevive: "insert into legwork_ticket (seq, state, queue_id, lane_id, sort_key, available_at_ms, expires_at_ms, deadline_at_ms,\n  fence, attempt, failures, losses, snoozes, releases, unique_states)\nselect seq, 3, ?6, ?2, ?4, ?3, ?5, ?5, fence, attempt, 0, 0, snoozes, releases,\n  (select u.states from legwork_unique u where u.seq = ?1)\nfrom legwork_history where seq = ?1",
  ticketWait: "update legwork_ticket\nset state = ?2, sort_key = ?3, available_at_ms = ?4, fence = ?5, failures = ?6, losses = ?7, snoozes = ?8, releases = ?9,\n  holder_id = null, call = null, cancel_reason = null, progress = null\nwhere seq = ?1",
  ticketsById: "select json_group_array(json_array(\n  j.id, j.retain, j.priority, j.seq, t.state, t.queue_id, t.available_at_ms, t.fence, t.attempt, t.failures, t.losses,\n  t.snoozes, t.releases, t.holder_id, t.expires_at_ms, t.started_at_ms, t.cancel_reason, t.progress, t.log_lines, t.log_bytes,\n  t.unique_states\n)) as json\nfrom json_each(?1) s\nleft join legwork_job j on j.id = s.value\nleft join legwork_ticket t on t.seq = j.seq",
  uniqueAdd: "insert into legwork_unique (seq, key, states, until_ms, held) values (?1, ?2, ?3, ?4, 1)",
  uniqueChange: "update legwork_unique set key = ?2, held = 0 where seq = ?1",
  uniqueFind: "select json_group_array(json_array(\n  u.key, u.until_ms, u.states, u.seq, j.id, k.name, coalesce(t.state, h.state), j.queue_id, j.created_at_ms, j.priority,\n  coalesce(t.available_at_ms, h.available_at_ms), coalesce(t.attempt, h.attempt), t.suspect, t.expires_at_ms\n)) as json\nfrom json_each(?1) s\ncross join legwork_unique u indexed by legwork_unique_held on u.key = s.value and u.held = 1\ncross join legwork_job j on j.seq = u.seq\ncross join legwork_task k on k.id = j.task_id\nleft join legwork_ticket t on t.seq = u.seq\nleft join legwork_history h on h.seq = u.seq",
  uniqueGive: "update legwork_unique set held = 1 where seq = ?1",
  uniqueMark: "update legwork_ticket set unique_states = (select u.states from legwork_unique u where u.seq = legwork_ticket.seq)\nwhere seq in (select value from json_each(?1))",
  uniqueOwn: "select me.until_ms, me.held, other.seq as other_seq, j.id as other_id, other.until_ms as other_until_ms,\n  other.states as other_states, coalesce(t.state, h.state) as other_state, t.expires_at_ms as other_expires_at_ms\nfrom legwork_unique me\nleft join legwork_unique other indexed by legwork_unique_held\n  on other.key = me.key and other.held = 1 and other.seq <> me.seq\nleft join legwork_job j on j.seq = other.seq\nleft join legwork_ticket t on t.seq = other.seq\nleft join legwork_history h on h.seq = other.seq\nwhere me.seq = ?1",
  uniqueReplaceBody: "update legwork_job set version = ?2, priority = ?3, max_attempts = ?4, ttl_ms = ?5, deadline_ms = ?6, tags = ?7,\n  retain = ?8, payload = ?9\nwhere seq = ?1",
  uniqueReplaceTicket: "update legwork_ticket set state = ?2, lane_id = ?3, sort_key = ?4, available_at_ms = ?5, expires_at_ms = ?6,\n  deadline_at_ms = ?7, avoids = null\nwhere seq = ?1",
  uniqueTake: "update legwork_unique set held = 0 where seq in (select value from json_each(?1))",
  uniqueWith: "select me.until_ms, me.held, me.states, me.key = ?2 as changes, other.seq as other_seq, j.id as other_id,\n  other.until_ms as other_until_ms, other.states as other_states, coalesce(t.state, h.state) as other_state,\n  t.expires_at_ms as other_expires_at_ms\nfrom legwork_unique me\nleft join legwork_unique other indexed by legwork_unique_held\n  on other.key = case when me.key = ?2 then ?3 else me.key end and other.held = 1 and other.seq <> me.seq\nleft join legwork_job j on j.seq = other.seq\nleft join legwork_ticket t on t.seq = other.seq\nleft join legwork_history h on h.seq = other.seq\nwhere me.seq = ?1",
  workerAdd: "insert into legwork_worker (holder_id, host, pid, version, queues, tasks, concurrency, started_at_ms, beat_at_ms,\n  lease_ends_mono_ms, boot, schedules, limits, tells_begin)\nvalues (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13)",
  workerBeat: "update legwork_worker set beat_at_ms = ?2, lease_ends_mono_ms = ?3 where holder_id = ?1",
  workerEnd: "select tells_begin, ending from legwork_worker where holder_id = ?1",
  workerEnding: "update legwork_worker set ending = 1 where holder_id = ?1",
  workerFind: "select r.id, w.lease_ends_mono_ms, w.boot\nfrom legwork_runner r left join legwork_worker w on w.holder_id = r.id\nwhere r.worker = ?1",
  workerList: "select r.worker as id, w.*,\n  (select count(*) from legwork_ticket t indexed by legwork_ticket_running\n    where t.state = 5 and t.holder_id = w.holder_id) as running\nfrom legwork_worker w cross join legwork_runner r on r.id = w.holder_id\norder by w.started_at_ms, w.holder_id",
  workerOverdue: "select r.id, r.worker, w.boot <> ?2 as rebooted from legwork_worker w cross join legwork_runner r on r.id = w.holder_id\nwhere w.lease_ends_mono_ms <= ?1 or w.boot <> ?2\norder by w.lease_ends_mono_ms, r.worker\nlimit ?3",
  workerRemove: "delete from legwork_worker where holder_id = ?1",
}

export const schema: readonly { readonly version: number; readonly name: string; readonly sql: string }[] = [
  { version: 1, name: 'jobs', sql: "-- The first schema. Instants and durations are milliseconds; `mono` marks the clock that never goes back.\n-- States are the positions in the list of src/job/state.ts:\n-- 0 blocked 1 scheduled 2 parked 3 ready 4 dispatched 5 running 6 suspended | 7 completed 8 dead 9 cancelled\n\ncreate table legwork_meta (\n  key text primary key,\n  value text not null\n) without rowid, strict;\n\n-- Names are written once and meant by number everywhere else.\ncreate table legwork_queue (\n  id integer primary key,\n  name text not null unique,\n  paused_reason text,\n  paused_by text,\n  paused_at_ms integer\n) strict;\n\ncreate table legwork_task (\n  id integer primary key,\n  name text not null unique\n) strict;\n\n-- BODY: what the producer said. Inserted once, never changed, deleted by retention.\n-- The payload comes last, so that a reader of the small columns never touches its overflow pages.\ncreate table legwork_job (\n  seq integer primary key,\n  id text not null unique,\n  task_id integer not null,\n  queue_id integer not null,\n  version integer not null,\n  priority integer not null,\n  max_attempts integer not null,\n  created_at_ms integer not null,\n  ttl_ms integer,\n  deadline_ms integer,\n  tags text,      -- json list, null for none\n  retain text,    -- json, null for the default retention\n  payload text not null\n) strict;\ncreate index legwork_job_task on legwork_job (task_id);\ncreate index legwork_job_queue on legwork_job (queue_id);\n\ncreate table legwork_tag (\n  tag text not null,\n  seq integer not null,\n  primary key (tag, seq)\n) without rowid, strict;\n\n-- TICKET: where a live job is. One narrow row from enqueue to its final state, one partial index a state.\ncreate table legwork_ticket (\n  seq integer primary key,\n  state integer not null check (state between 0 and 6),\n  queue_id integer not null,\n  sort_key integer not null,    -- available_at_ms + priority * 60000: ageing is free\n  available_at_ms integer not null,\n  expires_at_ms integer,        -- ttl or deadline while it waits, the deadline once it was started\n  deadline_at_ms integer,\n  fence integer not null default 0,\n  attempt integer not null default 0,\n  failures integer not null default 0,\n  losses integer not null default 0,\n  snoozes integer not null default 0,\n  releases integer not null default 0,\n  holder_id integer,            -- legwork_runner.id while running\n  call integer,                 -- the claim call that handed it out\n  started_at_ms integer,\n  cancel_reason text,           -- set while a running job has been asked to stop\n  progress text,                -- json, of the running attempt\n  log_lines integer,            -- lines and bytes of the running attempt's log\n  log_bytes integer\n) strict;\ncreate index legwork_ticket_ready on legwork_ticket (queue_id, sort_key) where state = 3;\ncreate index legwork_ticket_scheduled on legwork_ticket (available_at_ms) where state = 1;\ncreate index legwork_ticket_running on legwork_ticket (holder_id, call) where state = 5;\ncreate index legwork_ticket_asked on legwork_ticket (holder_id) where cancel_reason is not null;\ncreate index legwork_ticket_expiring on legwork_ticket (expires_at_ms)\n  where expires_at_ms is not null and state not in (4, 5);\n\n-- ATTEMPT: written once, when a lease ends. Its id only rises, so it is also a log that a cursor can follow.\ncreate table legwork_attempt (\n  id integer primary key autoincrement,\n  seq integer not null,\n  fence integer not null,\n  attempt integer not null,\n  holder_id integer not null,\n  outcome integer not null check (outcome between 0 and 6),\n  started_at_ms integer not null,\n  ended_at_ms integer not null,\n  digest text,                  -- of the settlement; null for a lapse, which no settlement can repeat\n  reason text,\n  fingerprint text,\n  error text,                   -- json\n  progress text                 -- json\n) strict;\ncreate unique index legwork_attempt_lease on legwork_attempt (seq, fence);\n\ncreate table legwork_log (\n  seq integer not null,\n  attempt integer not null,\n  n integer not null,\n  at_ms real not null,\n  level integer not null,\n  message text not null,\n  data text,\n  primary key (seq, attempt, n)\n) without rowid, strict;\n\n-- HISTORY: how a job ended. One row a final job; a person's retry turns it into a ticket again.\ncreate table legwork_history (\n  seq integer primary key,\n  state integer not null check (state between 7 and 9),\n  queue_id integer not null,\n  available_at_ms integer not null,\n  finished_at_ms integer not null,\n  expires_at_ms integer,        -- null: kept until somebody removes it\n  fence integer not null,\n  attempt integer not null,\n  failures integer not null,\n  losses integer not null,\n  snoozes integer not null,\n  releases integer not null,\n  reason text,\n  result text\n) strict;\ncreate index legwork_history_expiring on legwork_history (expires_at_ms) where expires_at_ms is not null;\ncreate index legwork_history_unfinished on legwork_history (state) where state <> 7;\n\n-- Jobs by queue and state, changed with the jobs in one transaction: totals cost O(queues).\ncreate table legwork_tally (\n  queue_id integer not null,\n  state integer not null,\n  n integer not null,\n  primary key (queue_id, state)\n) without rowid, strict;\n\n-- RUNNER: who ever ran something, for attempts to refer to. WORKER: who is registered now.\ncreate table legwork_runner (\n  id integer primary key,\n  worker text not null unique,\n  ran_on text not null\n) strict;\n\ncreate table legwork_worker (\n  holder_id integer primary key,\n  host text not null,\n  pid integer not null,\n  version text not null,\n  queues text not null,         -- json list\n  tasks text not null,          -- json list\n  concurrency integer not null,\n  started_at_ms integer not null,\n  beat_at_ms integer not null,\n  lease_ends_mono_ms real not null,\n  boot text not null            -- a lease of another boot has lapsed: its monotonic clock is gone\n) strict;\n\ncreate table legwork_audit (\n  id integer primary key autoincrement,\n  at_ms integer not null,\n  by text not null,\n  verb text not null,\n  target text not null,\n  reason text\n) strict;\n\n-- Room for what comes; nothing reads or writes these yet.\n\n-- A gate limits how many jobs of a key run (max) or start (rate_max in window_ms). Reserved: ready jobs; used: leases.\ncreate table legwork_gate (\n  id integer primary key,\n  key text not null unique,\n  max integer,\n  rate_max integer,\n  window_ms integer,\n  reserved integer not null default 0,\n  used integer not null default 0\n) strict;\ncreate table legwork_gate_job (\n  seq integer not null,\n  gate_id integer not null,\n  standing integer not null,    -- 0 parked 1 reserved 2 used\n  sort_key integer not null,\n  primary key (seq, gate_id)\n) without rowid, strict;\ncreate index legwork_gate_parked on legwork_gate_job (gate_id, sort_key) where standing = 0;\ncreate table legwork_gate_start (\n  gate_id integer not null,\n  at_ms integer not null,\n  seq integer not null,\n  primary key (gate_id, at_ms, seq)\n) without rowid, strict;\n\n-- A job waits for others: its countdown is the number of its open rows.\ncreate table legwork_dependency (\n  seq integer not null,\n  needs_seq integer not null,\n  on_failure integer not null default 0,  -- 0 cancel 1 dead 2 go on\n  done_at_ms integer,\n  primary key (seq, needs_seq)\n) without rowid, strict;\ncreate index legwork_dependency_needs on legwork_dependency (needs_seq) where done_at_ms is null;\n\n-- The journal of a durable handler: a step that was recorded is not run again.\ncreate table legwork_step (\n  seq integer not null,\n  n integer not null,\n  name text not null,\n  kind integer not null,        -- 0 run 1 sleep 2 signal 3 children\n  fence integer not null,\n  started_at_ms integer not null,\n  ended_at_ms integer,\n  wake_at_ms integer,\n  result text,\n  error text,\n  primary key (seq, n)\n) without rowid, strict;\ncreate unique index legwork_step_name on legwork_step (seq, name);\n\n-- One live job a key; the row falls away with the job's final state, or when its time is over.\ncreate table legwork_unique (\n  key text primary key,\n  seq integer not null,\n  expires_at_ms integer\n) without rowid, strict;\n\n-- Effects for other stores and listeners, applied idempotently by whoever takes them.\ncreate table legwork_outbox (\n  id integer primary key autoincrement,\n  kind text not null,\n  target text not null,\n  body text not null,\n  created_at_ms integer not null,\n  taken_until_mono_ms real\n) strict;" },
  { version: 2, name: 'lanes', sql: "-- LANE: jobs of one queue, task and payload version. Ready jobs stand in line by lane, so a worker that does not know\n-- a task, or only older payloads of it, never looks at jobs that it cannot run. A queue's order is a merge of its lanes.\ncreate table legwork_lane (\n  id integer primary key,\n  queue_id integer not null,\n  task_id integer not null,\n  version integer not null,\n  unique (queue_id, task_id, version)\n) strict;\n\ninsert into legwork_lane (queue_id, task_id, version)\nselect distinct j.queue_id, j.task_id, j.version\nfrom legwork_ticket t join legwork_job j on j.seq = t.seq;\n\nalter table legwork_ticket add column lane_id integer not null default 0;\nupdate legwork_ticket set lane_id = (\n  select l.id from legwork_job j\n  join legwork_lane l on l.queue_id = j.queue_id and l.task_id = j.task_id and l.version = j.version\n  where j.seq = legwork_ticket.seq\n);\n\ndrop index legwork_ticket_ready;\ncreate index legwork_ticket_ready on legwork_ticket (lane_id, sort_key) where state = 3;" },
  { version: 3, name: 'checkpoint', sql: "-- CHECKPOINT: how far the attempts of a job came, for the next one to go on from. Only jobs that said so have a row.\ncreate table legwork_checkpoint (\n  seq integer primary key,\n  value text not null           -- json\n) strict;" },
  { version: 4, name: 'suspects', sql: "-- SUSPECT: a job that was lost twice beside others stands in a lane of its own kind, which only a claim for one job to run\n-- alone looks at. The table of lanes is made anew, because a constraint cannot be altered; it has one row a kind of work.\ncreate table legwork_lane_of_kind (\n  id integer primary key,\n  queue_id integer not null,\n  task_id integer not null,\n  version integer not null,\n  kind integer not null default 0,   -- 0 any job 1 suspects\n  unique (queue_id, task_id, version, kind)\n) strict;\ninsert into legwork_lane_of_kind (id, queue_id, task_id, version) select id, queue_id, task_id, version from legwork_lane;\ndrop table legwork_lane;\nalter table legwork_lane_of_kind rename to legwork_lane;\n\nalter table legwork_ticket add column suspect integer;  -- 1, or null for nearly all jobs\ncreate index legwork_ticket_suspect on legwork_ticket (state, started_at_ms) where suspect = 1;\n\n-- What a crash means: null to run again, 1 a failure, 2 the end.\nalter table legwork_job add column on_crash integer;" },
  { version: 5, name: 'schedules', sql: "-- SCHEDULE: what is due when, as text that only the outside reads, and how far it has come.\ncreate table legwork_schedule (\n  id integer primary key autoincrement,\n  name text not null unique,\n  revision integer not null,\n  cursor_at_ms integer not null,\n  next_at_ms integer,           -- null: paused, retired or over\n  max_running integer,          -- as the newest firing said; null: any number\n  fired integer not null default 0,\n  body text not null            -- json\n) strict;\ncreate index legwork_schedule_due on legwork_schedule (next_at_ms) where next_at_ms is not null;\n\n-- SLOT: which slot a job is for; lives as long as the job.\ncreate table legwork_slot (\n  seq integer primary key,\n  schedule_id integer not null,\n  at_ms integer not null,\n  from_ms integer not null,\n  is_backfill integer not null,\n  standing integer not null     -- 0 held: waits for an earlier one 1 admitted 2 over\n) strict;\ncreate index legwork_slot_live on legwork_slot (schedule_id, standing, at_ms, seq) where standing < 2;\n\n-- What became of slots, the newest 200 of each schedule.\ncreate table legwork_slot_record (\n  id integer primary key autoincrement,\n  schedule_id integer not null,\n  at_ms integer not null,\n  until_ms integer,\n  n integer not null,\n  outcome text not null,\n  reason text,\n  note text,\n  job text,\n  decided_at_ms integer not null\n) strict;\ncreate index legwork_slot_record_schedule on legwork_slot_record (schedule_id, id);\n\nalter table legwork_worker add column schedules text;   -- json: the digest of each schedule that its code declares" },
  { version: 6, name: 'unique', sql: "-- UNIQUE: one row a job that has a unique key, for as long as the job is in the store. The table before was never used.\ndrop table legwork_unique;\ncreate table legwork_unique (\n  seq integer primary key,\n  key text not null,            -- digest\n  states integer not null,      -- bit n: the job holds its key in state n\n  until_ms integer,             -- and not later than this; null: without end\n  held integer not null         -- 1: had by this job last, which holds it while its state and the time allow\n) strict;\ncreate unique index legwork_unique_held on legwork_unique (key) where held = 1;\n\n-- The same states, beside the job's own: null for a job without a key, which is all that most jobs ever pay.\nalter table legwork_ticket add column unique_states integer;" },
  { version: 7, name: 'failures', sql: "-- FAILURE: dead jobs of one task and queue that look alike, counted as they die and as they leave.\ncreate table legwork_failure (\n  id integer primary key,\n  task_id integer not null,\n  queue_id integer not null,\n  fingerprint text not null,    -- of the error, or the reason of those that died without one\n  name text not null,\n  message text not null,\n  dead integer not null,        -- now\n  total integer not null,       -- ever\n  first_at_ms integer not null,\n  last_at_ms integer not null,\n  status integer not null default 0 check (status between 0 and 2),  -- 0 open 1 ignored 2 resolved\n  regressed_at_ms integer\n) strict;\ncreate unique index legwork_failure_key on legwork_failure (task_id, queue_id, fingerprint);\ncreate index legwork_failure_gone on legwork_failure (last_at_ms) where dead = 0;\n\ncreate table legwork_failure_hour (\n  failure_id integer not null,\n  hour integer not null,        -- hours since 1970\n  n integer not null,\n  primary key (failure_id, hour)\n) without rowid, strict;\n\n-- DEAD: one row a dead job, numbered in the order of the deaths; a number is never used again.\ncreate table legwork_dead (\n  id integer primary key autoincrement,\n  seq integer not null unique,\n  failure_id integer not null,\n  died_at_ms integer not null\n) strict;\ncreate index legwork_dead_failure on legwork_dead (failure_id, id);\n\n-- What is dead already belongs to the group of the error that ended it, or of its reason.\ncreate temp table legwork_dying as\nselect h.seq, j.task_id, h.queue_id, h.finished_at_ms as at_ms,\n  coalesce(a.fingerprint, nullif(h.reason, ''), 'unknown') as fingerprint,\n  coalesce(json_extract(a.error, '$.name'), nullif(h.reason, ''), 'unknown') as name,\n  coalesce(substr(json_extract(a.error, '$.message'), 1, 300), '') as message\nfrom legwork_history h\njoin legwork_job j on j.seq = h.seq\nleft join legwork_attempt a on a.seq = h.seq and a.fence = h.fence and a.outcome = 4\nwhere h.state = 8;\ninsert into legwork_failure (task_id, queue_id, fingerprint, name, message, dead, total, first_at_ms, last_at_ms)\nselect task_id, queue_id, fingerprint, max(name), max(message), count(*), count(*), min(at_ms), max(at_ms)\nfrom legwork_dying group by task_id, queue_id, fingerprint;\ninsert into legwork_dead (seq, failure_id, died_at_ms)\nselect d.seq, f.id, d.at_ms from legwork_dying d\njoin legwork_failure f on f.task_id = d.task_id and f.queue_id = d.queue_id and f.fingerprint = d.fingerprint\norder by d.at_ms, d.seq;\ndrop table legwork_dying;\n\n-- BULK: what a person wants done to many dead jobs, and how far it has come.\ncreate table legwork_bulk (\n  n integer primary key,\n  id text not null unique,\n  is_open integer not null check (is_open in (0, 1)),\n  started_at_ms integer not null,\n  record text not null          -- json\n) strict;\ncreate index legwork_bulk_open on legwork_bulk (is_open) where is_open = 1;\n\n-- REVISION: what a payload was before a person changed it.\ncreate table legwork_revision (\n  id integer primary key,\n  seq integer not null,\n  n integer not null,\n  at_ms integer not null,\n  by text not null,\n  reason text,\n  version integer not null,\n  payload text not null\n) strict;\ncreate unique index legwork_revision_job on legwork_revision (seq, n);" },
  { version: 8, name: 'intake', sql: "-- INTAKE: what a queue takes from producers. `limited` is 1 where it has any limit, so that nobody looks at the others.\nalter table legwork_queue add column limited integer not null default 0;\nalter table legwork_queue add column max_waiting integer;\nalter table legwork_queue add column rate_max integer;        -- new jobs in a window of rate_every_ms\nalter table legwork_queue add column rate_every_ms integer;\nalter table legwork_queue add column window_since_ms integer not null default 0;\nalter table legwork_queue add column window_used integer not null default 0;\ncreate index legwork_queue_limited on legwork_queue (id) where limited = 1;" },
  { version: 9, name: 'retention', sql: "-- RETENTION: what a finished job weighs where a policy looks at it, which it does not for most; null elsewhere, so that\n-- the indexes hold only what may have to go by count or bytes.\nalter table legwork_history add column bytes integer;\ncreate index legwork_history_kept on legwork_history (state, finished_at_ms) where bytes is not null;\ncreate index legwork_history_kept_queue on legwork_history (queue_id, state, finished_at_ms) where bytes is not null;\n\n-- The sums of these weights, right however a job leaves.\ncreate table legwork_weight (\n  queue_id integer not null,\n  state integer not null,\n  bytes integer not null,\n  primary key (queue_id, state)\n) without rowid, strict;\ncreate trigger legwork_history_weighed after update of bytes on legwork_history\nbegin\n  insert into legwork_weight (queue_id, state, bytes)\n  values (new.queue_id, new.state, coalesce(new.bytes, 0) - coalesce(old.bytes, 0))\n  on conflict (queue_id, state) do update set bytes = bytes + excluded.bytes;\nend;\ncreate trigger legwork_history_left after delete on legwork_history when old.bytes is not null\nbegin\n  update legwork_weight set bytes = bytes - old.bytes where queue_id = old.queue_id and state = old.state;\nend;" },
  { version: 10, name: 'forget', sql: "-- FORGET: what is no job leaves too. Since when a runner is gone, and since when a bulk operation is over or stands still.\nalter table legwork_runner add column gone_at_ms integer;\nupdate legwork_runner set gone_at_ms = cast(unixepoch('subsec') * 1000 as integer)\nwhere id not in (select holder_id from legwork_worker);\ncreate index legwork_runner_gone on legwork_runner (gone_at_ms) where gone_at_ms is not null;\n\nalter table legwork_bulk add column over_at_ms integer;\nupdate legwork_bulk set over_at_ms = record ->> 'drivenUntil'\nwhere is_open = 0 or record ->> 'needsCode' = 1;\ncreate index legwork_bulk_over on legwork_bulk (over_at_ms) where over_at_ms is not null;" },
  { version: 11, name: 'declared-limits', sql: "-- INTAKE, exactly: which jobs came lately, and what code declared. window_since_ms and window_used are no longer read.\nalter table legwork_queue add column came text;               -- json: [instant, jobs], the oldest first\nalter table legwork_queue add column declared_digest text;\nalter table legwork_queue add column declared_deployed_ms integer;\nalter table legwork_worker add column limits text;            -- json: the digest of each queue's limits that its code declares" },
  { version: 12, name: 'sample', sql: "-- SAMPLE: what the store took at one moment, every ten minutes, for its growth to be seen without counting anything.\ncreate table legwork_sample (\n  at_ms integer primary key,\n  bytes integer not null,       -- of pages in use\n  enqueued integer not null,    -- jobs ever\n  live integer not null,\n  completed integer not null,\n  dead integer not null,\n  cancelled integer not null\n) strict;" },
  { version: 13, name: 'closing', sql: "-- CLOSING: jobs that ended while they waited, so without an attempt; the newest are kept, for who follows what happens.\ncreate table legwork_closing (\n  id integer primary key autoincrement,\n  at_ms integer not null,\n  job text not null,            -- its id, for the job may be gone\n  task_id integer not null,\n  queue_id integer not null,\n  how integer not null check (how between 0 and 2),  -- 0 expired 1 cancelled 2 removed\n  by text,\n  reason text\n) strict;" },
  { version: 14, name: 'begun', sql: "-- BEGUN: the fence under which the handler of a watched job last began; null for nearly all jobs.\nalter table legwork_ticket add column begun_fence integer;\n\n-- Whether a worker says when handlers begin, and whether it was told to stop.\nalter table legwork_worker add column tells_begin integer;\nalter table legwork_worker add column ending integer;" },
  { version: 15, name: 'elsewhere', sql: "-- ELSEWHERE: a job that is to run in another process stands in a lane of its own kind, 2, until somebody claims it; its ticket names\n-- the process to avoid.\nalter table legwork_ticket add column avoids text;   -- as legwork_runner.ran_on; null for all other jobs" },
]
