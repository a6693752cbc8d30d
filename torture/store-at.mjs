import { postgres } from 'legwork/postgres'
import { redis } from 'legwork/redis'
import { sqlite } from 'legwork/sqlite'

/** The store that a path or URL names. */
export function storeAt(where) {
  if (/^rediss?:/.test(where)) return redis(where)
  return /^postgres(ql)?:/.test(where) ? postgres(where) : sqlite(where)
}
