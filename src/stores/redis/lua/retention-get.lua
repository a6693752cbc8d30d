-- The retention that stands, as JSON: ARGV the time.
--@ flags no-writes
--@ use write
return redis.call('HGET', K.meta, 'retention')
