import { StoreError } from '../../job/errors.ts'
import type { DurabilityReport, Finding } from '../../store/contract.ts'
import type { Query } from './connect.ts'

const oldest = 130_000

interface Settings {
  readonly version: number
  readonly isStandby: boolean
  readonly fsync: string
  readonly commit: string
  readonly pages: string
  readonly readOnly: string
}

/** What the server is and what its settings promise. @throws {StoreError} LW1020 LW1021 LW1012 */
export async function checkServer(
  query: Query,
  { where, acceptDataLoss }: { readonly where: string; readonly acceptDataLoss: boolean },
): Promise<DurabilityReport> {
  const [row] = await query(`select json_build_object(
    'version', current_setting('server_version_num')::int, 'isStandby', pg_is_in_recovery(),
    'fsync', current_setting('fsync'), 'commit', current_setting('synchronous_commit'),
    'pages', current_setting('full_page_writes'), 'readOnly', current_setting('default_transaction_read_only'))::text as answer`)
  // The statement above names these columns.
  const found = JSON.parse(row?.answer ?? '{}') as Settings
  refuseServer(found, where)
  const report = reportOf(found)
  if (report.level === 'volatile' && !acceptDataLoss)
    throw new StoreError(
      'LW1012',
      `${where} would lose acknowledged jobs: fsync is off. Set fsync = on in postgresql.conf, or pass acceptDataLoss: true.`,
      { where },
    )
  return report
}

function refuseServer({ version, isStandby, readOnly }: Settings, where: string): void {
  if (version < oldest)
    throw new StoreError(
      'LW1020',
      `${where} is PostgreSQL ${Math.floor(version / 10_000)}; Legwork needs 13 or newer. Upgrade the server.`,
      { where, version },
    )
  if (isStandby || readOnly === 'on')
    throw new StoreError(
      'LW1021',
      `${where} takes no writes: it is ${isStandby ? 'a standby' : 'set to default_transaction_read_only'}. Name the primary server.`,
      { where },
    )
}

function reportOf({ version, fsync, commit, pages }: Settings): DurabilityReport {
  const isSafe = fsync === 'on'
  const waits = commit !== 'off'
  const findings: Finding[] = [
    {
      about: 'server',
      value: `PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`,
      verdict: 'good',
    },
    {
      ...{ about: 'fsync', value: fsync, verdict: isSafe ? 'good' : 'bad' },
      ...(!isSafe && { note: 'a crash of the machine can destroy the database; set fsync = on' }),
    },
    {
      ...{ about: 'synchronous_commit', value: commit, verdict: waits ? 'good' : 'warn' },
      ...(!waits && { note: 'a crash of the server loses what was acknowledged in its last moments' }),
    },
    { about: 'full_page_writes', value: pages, verdict: pages === 'on' ? 'good' : 'warn' },
  ]
  const level = isSafe && waits ? 'power-safe' : isSafe ? 'process-safe' : 'volatile'
  return { level, findings }
}
