/** What a write survives, read back from the server. */
export async function redisDurability(client) {
  const config = async (name) => (await client.config('GET', name))[1]
  const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1]
  const [aof, fsync] = [await config('appendonly'), await config('appendfsync')]
  const level = aof === 'yes' ? (fsync === 'always' ? 'power-safe' : 'process-safe') : 'volatile'
  return { level, engine: `Redis ${version}`, settings: `appendonly ${aof}, appendfsync ${fsync}` }
}
