import { StoreError } from '../../job/errors.ts'
import type { DurabilityReport, Migrated } from '../../store/contract.ts'
import type { Settings } from './connect.ts'
import { examine } from './durability.ts'
import { confirmed } from './acknowledge.ts'
import { closed, openingOf } from '../server/opening.ts'
import { codedError } from './faults.ts'
import type { Port } from './port.ts'
import type { ScriptName } from './lua.generated.ts'
import { type Run, runner } from './script.ts'
import { tagIn } from './slots.ts'

/** Of the keys and of what they hold. It rises with every change that an older Legwork would not understand. */
const schema = 1

interface Dialled {
  readonly port: Port
  readonly run: Run
  readonly report: DurabilityReport
}

/** Connects, and refuses a server on which jobs would get lost. */
async function dial(settings: Settings): Promise<Dialled> {
  const { clock } = settings
  const time = () => (clock ? `${clock.now()} ${clock.monotonic()}` : '')
  const port = await settings.connect()
  try {
    await port.connect()
    await checkDatabase(port, settings)
    const report = await examine(port, settings)
    return { port, run: runner(port, settings.tag, time), report }
  } catch (error) {
    await port.close()
    throw error instanceof StoreError ? error : codedError(error, settings.where)
  }
}

/** Some clients stay in database 0 when that of the URL is not there. @throws {StoreError} LW1002 */
async function checkDatabase(port: Port, { dialling }: Settings): Promise<void> {
  const number = dialling && /\/(\d+)$/.exec(new URL(dialling.url).pathname)?.[1]
  if (number === undefined || Number(number) === 0 || port.isCluster) return
  await port.call('SELECT', number)
}

/** The schema found, 0 for none; with `make` a new store is made there. @throws {StoreError} LW1003, LW1010 */
async function schemaOf({ run }: Dialled, { where, prefix }: Settings, make: boolean): Promise<number> {
  const version = Number(await run('open', schema, make ? '1' : '0'))
  if (version > schema)
    throw new StoreError(
      'LW1010',
      `${where} holds a store of schema ${version} under the prefix ${prefix}, and this Legwork knows ${schema}. Upgrade legwork in this process.`,
    )
  if (version < 0)
    throw new StoreError(
      'LW1003',
      `${where} holds something else under the prefix ${prefix}, which is not Legwork’s. Choose another prefix.`,
      { fix: `Choose another prefix: ?prefix=NAME behind the URL, or redis({ prefix })` },
    )
  return version
}

export const bellOf = (tag: string): string => `{${tag}}:bell`

/** Under the prefix itself stands how many partitions its store has: whoever takes it for another one is refused. @throws LW1030 */
async function checkPartitions({ port }: Dialled, settings: Settings, mayMake: boolean): Promise<void> {
  const { prefix, partitions, where } = settings
  const root = runner(port, tagIn(prefix, 0, 1), () => '')
  const make = mayMake && partitions > 1
  const found = Number(await root('partitions', partitions, make ? '1' : '0'))
  if (found === partitions || found === 0) return
  throw new StoreError(
    'LW1030',
    `${where} has a store of ${found} ${found === 1 ? 'partition' : 'partitions'} under the prefix ${prefix}, and ${partitions} were asked for. Open it with partitions: ${found} (in a URL ?partitions=${found}), or use another prefix.`,
    { found, partitions },
  )
}

async function openOnce(settings: Settings): Promise<Dialled> {
  const made = await dial(settings)
  try {
    await checkPartitions(made, settings, settings.migrate === 'auto')
    const version = await schemaOf(made, settings, settings.migrate === 'auto')
    if (version === 0 && settings.migrate === 'never')
      throw new StoreError('LW1011', `${settings.where} has no store under the prefix ${settings.prefix}.`, {
        version,
      })
    return made
  } catch (error) {
    await made.port.close()
    throw error
  }
}

async function migrate(settings: Settings, dryRun: boolean): Promise<Migrated> {
  const made = await dial(settings)
  try {
    await checkPartitions(made, settings, !dryRun)
    const from = await schemaOf(made, settings, !dryRun)
    const steps = from === 0 ? [{ version: 1, name: 'keys', sql: `{${settings.tag}}:meta schema 1` }] : []
    return { from, to: schema, steps }
  } finally {
    await made.port.close()
  }
}

/** Changes for which nobody is woken. What a claim or a beat changes is made again where it is lost. */
const unrung: ReadonlySet<ScriptName> = new Set<ScriptName>([
  'retentionSet',
  'replacePayloads',
  'failuresMark',
  'bulkPut',
])

function coded(error: unknown): never {
  throw error instanceof StoreError ? error : codedError(error, 'the wait for copies')
}

/** From `open` to `close`, once; `hear` is called for doorbells of other processes. */
export function lifeOf(settings: Settings, hear: () => void, isListening: () => boolean) {
  let made: Dialled | undefined
  let unsubscribe: (() => Promise<void>) | undefined
  const listen = (): void => {
    if (made) unsubscribe ??= made.port.subscribe([bellOf(settings.tag)], hear)
  }
  const opening = openingOf(async () => {
    made = await openOnce(settings)
    if (isListening()) listen()
    return made.report
  })
  /** Makes a change and waits until it is where it is to be. @throws {StoreError} LW1034 */
  async function changed<T>(change: () => Promise<T>): Promise<T> {
    if (!settings.acknowledge) return change()
    const connections = made?.port.connections() ?? 0
    const reply = await change()
    if (!made) throw closed()
    await confirmed(made.port, settings, connections).catch(coded)
    return reply
  }
  return {
    changed,
    run: ((name, ...args) => {
      if (!made || !opening.isOpen()) return Promise.reject(closed())
      const { run } = made
      return unrung.has(name) ? changed(() => run(name, ...args)) : run(name, ...args)
    }) satisfies Run,
    open: () => opening.open(),
    /** @throws {StoreError} LW1006 where it is not open. */
    async ready(): Promise<void> {
      if (!opening.isOpen()) throw closed()
    },
    migrate: (dryRun: boolean) => migrate(settings, dryRun),
    listen,
    unlisten(): void {
      void unsubscribe?.()
      unsubscribe = undefined
    },
    async close(): Promise<void> {
      if (!opening.close()) return
      await opening.settled()
      const old = made
      made = undefined
      await unsubscribe?.()
      await old?.port.close()
    },
  }
}
