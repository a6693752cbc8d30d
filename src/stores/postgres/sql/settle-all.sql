-- Writes endings that are already decided; whoever no longer holds a job changes nothing. `done` are jobs that are simply done, written at once:
-- { s seqs, ids, p places, f fences, d digests, r results, k }, of which f, d and r are by seq and say what differs from 1, d1 and none; without p they
-- are in order; `k` where one is to be kept for a time of its own. Answers 1 where all were applied, or one code a place: 0 to be
-- sent again 1 applied 2 conflict 3 stale 4 gone.
create or replace function settle_all(a jsonb, p_holder int, p_held boolean, p_now bigint) returns jsonb language plpgsql as $$
#variable_conflict use_column
declare
  v_n int := (a->>'n')::int;
  d jsonb := a->'done';
  v_seqs bigint[] := (d->>'s')::bigint[];
  v_rest jsonb := coalesce(a->'rest', '[]');
  v_gone bigint[]; v_keys text[] := '{}'; v_groups text[]; v_held_back int[] := '{}'; v_places int[]; v_codes int[];
  v_policy jsonb;
  r jsonb;
begin
  if p_held and v_seqs is not null then
    v_gone := settle_done(v_seqs, d->'f', d->'r', d, p_holder, p_now);
    v_policy := (select at::jsonb from place where walk = 'retention');
    if v_policy is not null and v_gone is not null then perform weigh(v_gone, v_policy->'policy', (v_policy->>'asksBytes')::boolean); end if;
  end if;
  if cardinality(v_gone) = v_n then return '1'; end if;
  v_codes := array_fill(1, array[v_n]);
  if v_seqs is not null then
    v_places := (d->>'p')::int[];
    select v_rest || coalesce(jsonb_agg(jsonb_build_object('p', coalesce(v_places[o], o - 1), 'id', d->'ids'->>(o::int - 1), 'f', coalesce((d->'f'->>seq::text)::int, 1),
      'd', coalesce(d->'d'->>seq::text, d->>'d1'), 'res', d->'r'->>seq::text, 'm', 0, 'to', 7)), '[]')
    into v_rest from unnest(v_seqs) with ordinality as u(seq, o) where v_gone is null or seq <> all(v_gone);
    select jsonb_agg(e order by (e->>'p')::int) into v_rest from jsonb_array_elements(v_rest) as e;
  end if;
  -- Only who had no key while it ran may come to hold one now. Those that claim besides do not wait for it: what is held back is left without an answer.
  for r in
    select jsonb_build_object('p', e->'p', 'key', u.key) from jsonb_array_elements(v_rest) as e
    cross join lateral (select seq from job where id = e->>'id' limit 1) j
    cross join lateral (select key from unique_key where seq = j.seq and states & 32 = 0 limit 1) u
  loop
    v_keys := v_keys || (r->>'key');
    v_held_back := v_held_back || (r->>'p')::int;
  end loop;
  -- Groups of deaths are counted in one order, too.
  v_groups := array(select 'group ' || (e->'g'->>0) from jsonb_array_elements(v_rest) as e where e ? 'g');
  if a ? 'ask' then
    if cardinality(v_groups) > 0 then perform lock_keys(v_groups); end if;
    v_held_back := array(select p from unnest(v_held_back, v_keys) as h(p, key) where not try_key(key));
  else
    if cardinality(v_groups) + cardinality(v_keys) > 0 then perform lock_keys(v_groups || v_keys); end if;
    v_held_back := '{}';
  end if;
  for r in select value from jsonb_array_elements(v_rest) loop
    if (r->>'p')::int = any(v_held_back) then
      v_codes[(r->>'p')::int + 1] := 0;
      continue;
    end if;
    v_codes[(r->>'p')::int + 1] := settle_one(r, p_holder, p_held, p_now);
  end loop;
  return to_jsonb(v_codes);
end $$
