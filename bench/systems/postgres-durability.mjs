/** What a commit survives, read back from the server. */
export async function postgresDurability(pool) {
  const shown = async (name) => Object.values((await pool.query(`show ${name}`)).rows[0])[0]
  const [version, fsync, commit] = [
    await shown('server_version'),
    await shown('fsync'),
    await shown('synchronous_commit'),
  ]
  return {
    level: fsync === 'on' && commit === 'on' ? 'power-safe' : 'process-safe',
    engine: `PostgreSQL ${version}`,
    settings: `fsync ${fsync}, synchronous_commit ${commit}`,
  }
}
