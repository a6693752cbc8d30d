import { StoreError } from '../../job/errors.ts'
import type { DurabilityReport, Migrated } from '../../store/contract.ts'
import { checkServer } from './checks.ts'
import { connect, type Link, type Where } from './connect.ts'
import { toStoreError } from './faults.ts'
import { isCurrent, migrateUp, readVersion, refuseNewer, refuseOlder, stepsFrom } from './migrate.ts'

interface LifeKit extends Where {
  readonly where: string
  readonly schema: string
  readonly migrate: 'auto' | 'never'
  readonly acceptDataLoss: boolean
}

/** From `open` to `close`, once. */
export function lifeOf(kit: LifeKit) {
  const { where, schema } = kit
  const home = { where, schema }
  let link: Link | undefined
  let opening: Promise<DurabilityReport> | undefined
  let isOpened = false
  let isClosed = false
  /** Runs on a connection; one that was made for it alone is ended where it fails. */
  async function on<T>(work: (link: Link) => Promise<T>): Promise<T> {
    const fresh = link ?? (await connect(kit))
    try {
      return await work((link = fresh))
    } catch (error) {
      if (!isOpened) {
        link = undefined
        await fresh.end().catch(() => {})
      }
      throw toStoreError(error, where)
    }
  }
  const begin = () =>
    on(async (one) => {
      const report = await checkServer(one.query, kit)
      const known = await readVersion(one.query, home)
      refuseNewer(known, home)
      if (kit.migrate === 'never') refuseOlder(known, home)
      else if (!isCurrent(known)) await migrateUp(one, home)
      return report
    })
  return {
    isOpen: () => isOpened,
    link(): Link {
      if (!link || !isOpened) throw closed()
      return link
    },
    async open(): Promise<DurabilityReport> {
      if (isClosed) throw closed()
      try {
        opening ??= begin()
        const report = await opening
        isOpened = !isClosed
        return report
      } catch (error) {
        // A later open() tries anew.
        opening = undefined
        throw error
      }
    },
    migrate: (dryRun: boolean): Promise<Migrated> =>
      on(async (one) => {
        await checkServer(one.query, { ...kit, acceptDataLoss: true })
        if (!dryRun) return migrateUp(one, home)
        const known = await readVersion(one.query, home)
        refuseNewer(known, home)
        return stepsFrom(known)
      }),
    async close(): Promise<void> {
      isOpened = false
      isClosed = true
      const old = link
      link = undefined
      await old?.end()
    },
  }
}

const closed = (): StoreError =>
  new StoreError('LW1006', 'the store is not open: it was closed, or open() was not called.')
