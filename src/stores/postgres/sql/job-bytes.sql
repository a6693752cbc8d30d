-- What a finished job weighs: its texts and what its rows take. 400 and 100 are `rowBytes` of src/job/retention.ts.
create or replace function job_bytes(p_seq bigint) returns bigint language plpgsql stable as $$
begin
  return 400
    + (select octet_length(payload) from job where seq = p_seq)
    + coalesce((select coalesce(octet_length(result), 0) + case when ending is not null then 100 else 0 end from history where seq = p_seq), 0)
    + coalesce((select sum(100 + coalesce(octet_length(error), 0)) from attempt where seq = p_seq), 0)
    + coalesce((select sum(octet_length(message) + coalesce(octet_length(data), 0)) from log where seq = p_seq), 0);
end $$
