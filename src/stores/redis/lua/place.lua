-- How far a walk came: ARGV the time, its name, then '' to read it, 'set' and the place, or 'forget'.
--@ flags
--@ use write
if ARGV[3] == 'set' then redis.call('HSET', K.places, ARGV[2], ARGV[4]) end
if ARGV[3] == 'forget' then redis.call('HDEL', K.places, ARGV[2]) end
return redis.call('HGET', K.places, ARGV[2])
