import type { Migrated } from '../../store/contract.ts'
import { closed, openingOf } from '../server/opening.ts'
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
  /** Runs on a connection; one that was made for it alone is ended where it fails. */
  async function on<T>(work: (link: Link) => Promise<T>): Promise<T> {
    const fresh = link ?? (await connect(kit))
    try {
      return await work((link = fresh))
    } catch (error) {
      if (!opening.isOpen()) {
        link = undefined
        await fresh.end().catch(() => {})
      }
      throw toStoreError(error, where)
    }
  }
  const opening = openingOf(() =>
    on(async (one) => {
      const report = await checkServer(one.query, kit)
      const known = await readVersion(one.query, home)
      refuseNewer(known, home)
      if (kit.migrate === 'never') refuseOlder(known, home)
      else if (!isCurrent(known)) await migrateUp(one, home)
      return report
    }),
  )
  return {
    isOpen: () => opening.isOpen(),
    link(): Link {
      if (!link || !opening.isOpen()) throw closed()
      return link
    },
    open: () => opening.open(),
    migrate: (dryRun: boolean): Promise<Migrated> =>
      on(async (one) => {
        await checkServer(one.query, { ...kit, acceptDataLoss: true })
        if (!dryRun) return migrateUp(one, home)
        const known = await readVersion(one.query, home)
        refuseNewer(known, home)
        return stepsFrom(known)
      }),
    async close(): Promise<void> {
      opening.close()
      const old = link
      link = undefined
      await old?.end()
    },
  }
}
