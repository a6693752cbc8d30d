-- FORGET: what is no job leaves too. Since when a runner is gone, and since when a bulk operation is over or stands still.
alter table legwork_runner add column gone_at_ms integer;
update legwork_runner set gone_at_ms = cast(unixepoch('subsec') * 1000 as integer)
where id not in (select holder_id from legwork_worker);
create index legwork_runner_gone on legwork_runner (gone_at_ms) where gone_at_ms is not null;

alter table legwork_bulk add column over_at_ms integer;
update legwork_bulk set over_at_ms = record ->> 'drivenUntil'
where is_open = 0 or record ->> 'needsCode' = 1;
create index legwork_bulk_over on legwork_bulk (over_at_ms) where over_at_ms is not null;
