// A private server for the run, its data in the run's own folder, with fsync as it comes. A place is a fresh database.
import { chmodSync } from 'node:fs'
import pg from 'pg'
import { startPostgres } from '../../test/fixtures/postgres.mjs'
import { probeOf } from './index.mjs'
import { treeCpuUs } from './server-cpu.mjs'

/** Durability as it comes; the rest keeps checkpoints out of short runs. */
const settings = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  fsync: 'on',
  synchronous_commit: 'on',
}

export async function start(root) {
  // The server does not run as root, and must reach its folder.
  chmodSync(root, 0o755)
  const server = await startPostgres(settings, { within: root })
  const admin = new pg.Pool({ connectionString: server.url, max: 1 })
  // The server's goodbye to a connection that is about to close.
  admin.on('error', () => {})
  let n = 0
  return {
    async place(system) {
      n += 1
      const name = `figure_${n}`
      await admin.query(`create database ${name}`)
      const url = server.url.replace(/[^/]*$/, name)
      return {
        where: { url },
        probe: () => openProbe(system, url),
        async end() {
          await admin.query(`drop database ${name} with (force)`)
        },
      }
    },
    cpuUs: () => treeCpuUs(server.pid),
    async stop() {
      await admin.end()
      await server.stop('SIGINT')
    },
  }
}

async function openProbe({ isDrained, settled, counted, schema }, url) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const asked = async (sql) => Object.values((await client.query(sql)).rows[0])[0]
  return probeOf({
    isDrained: async () => (await asked(isDrained)) === true,
    counted: async () => Number(await asked(counted)),
    settled: async () => (settled === undefined ? undefined : Number(await asked(settled))),
    bytes: async () =>
      Number(
        await asked(`select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c
          join pg_namespace n on n.oid = c.relnamespace where n.nspname = '${schema}' and c.relkind = 'r'`),
      ),
    close: () => client.end(),
  })
}
