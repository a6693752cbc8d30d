-- The digest of a settlement that completes its job and says nothing else: see `digest` of src/job/settle.ts.
create or replace function plain_digest() returns text language sql immutable as $$ select 'complete:2:noieh1' $$
