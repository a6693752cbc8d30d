-- Notes on the tickets of new jobs that they have a key.
-- 1 seqs json list
update legwork_ticket set unique_states = (select u.states from legwork_unique u where u.seq = legwork_ticket.seq)
where seq in (select value from json_each(?1))
