-- Counts deaths in their group, made where it is new; a resolved group is open again. Answers its number.
-- 1 task_id int, 2 queue_id int, 3 fingerprint text, 4 name text, 5 message text, 6 deaths int, 7 now int
insert into legwork_failure (task_id, queue_id, fingerprint, name, message, dead, total, first_at_ms, last_at_ms)
values (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?7)
on conflict (task_id, queue_id, fingerprint) do update set name = ?4, message = ?5, dead = dead + ?6,
  total = total + ?6, last_at_ms = ?7,
  regressed_at_ms = case status when 2 then ?7 else regressed_at_ms end,
  status = case status when 2 then 0 else status end
returning id
