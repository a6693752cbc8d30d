-- CHECKPOINT: how far the attempts of a job came, for the next one to go on from. Only jobs that said so have a row.
create table legwork_checkpoint (
  seq integer primary key,
  value text not null           -- json
) strict;
