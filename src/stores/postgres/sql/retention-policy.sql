-- The policy of what is kept; null where nobody has set one.
create or replace function retention_policy() returns jsonb language plpgsql stable as $$
begin
  return (select at::jsonb->'policy' from place where walk = 'retention');
end $$
