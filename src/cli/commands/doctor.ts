import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { defaults, limits } from '../../job/defaults.ts'
import { openStore } from '../../open-store.ts'
import type { Finding, Store } from '../../store/index.ts'
import { driver } from '../../stores/sqlite/index.ts'
import { version } from '../../version.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { notOurs, type Place, placeOf, showPlace, whoMakesIt } from '../connect.ts'
import { exits, messageOf } from '../exit.ts'
import { lifeFindings } from '../findings.ts'
import { showBytes } from '../../job/size.ts'
import { safe } from '../safe.ts'
import { sizeJson, sizeReport } from '../size-findings.ts'
import { plural, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'

interface Options extends Common {
  readonly defaults?: boolean
}

export function register(program: Command, terminal: Terminal): void {
  const command = add(program, 'doctor', {
    summary: 'check Node, the driver, the store and what it promises; exit 0 when all is well',
    examples: ['doctor', 'doctor --url ./jobs.db --json', 'doctor --defaults'],
  })
  does<Options>(command.option('--defaults', 'print every default and limit too'), (call) =>
    examine(call, terminal),
  )
}

async function examine({ options }: Call<Options>, terminal: Terminal): Promise<number> {
  const place = placeOf(options)
  const { findings: ofStore, size } = await storeFindings(place)
  const driver = isServer(place) ? [] : [await driverFinding(place)]
  const findings = [nodeFinding(), ...driver, ...ofStore]
  const isWell = findings.every(({ verdict }) => verdict !== 'bad')
  if (options.json)
    terminal.json({
      version,
      ok: isWell,
      findings,
      ...(size && { size }),
      ...(options.defaults && { defaults, limits }),
    })
  else tell(findings, options, terminal)
  return isWell ? exits.ok : exits.failed
}

/** Where the driver of files is no matter. */
const isServer = ({ url }: Place): boolean => /^(postgres(ql)?|rediss?):/i.test(url)

function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isGood = major > 20 || (major === 20 && minor >= 19)
  return {
    about: 'node',
    value: `${process.version} ${process.platform} ${process.arch}`,
    verdict: isGood ? 'good' : 'bad',
    ...(!isGood && { note: 'Node 20.19 or newer is needed' }),
  }
}

/** The SQLite driver, which matters also before there is a store. */
async function driverFinding({ file }: Place): Promise<Finding> {
  try {
    const { name, version: sqlite } = await driver()
    return { about: 'driver', value: `${name}, SQLite ${sqlite}`, verdict: 'good' }
  } catch (error) {
    const verdict = file === undefined ? 'warn' : 'bad'
    return { about: 'driver', value: 'none that can be used', verdict, note: messageOf(error) }
  }
}

interface Examined {
  readonly findings: readonly Finding[]
  /** For programs. */
  readonly size?: object
}

/** Each thing about the store that can be found out, up to the first that fails. */
async function storeFindings(place: Place): Promise<Examined> {
  const findings: Finding[] = []
  let store: Store | undefined
  try {
    if (place.file !== undefined && !existsSync(place.file)) {
      const note = `it is not there. ${whoMakesIt}`
      return { findings: [{ about: 'store', value: showPlace(place), verdict: 'bad', note }] }
    }
    store = await openStore(place.url, { migrate: 'never' })
    findings.push({ about: 'store', value: `${store.name} ${showPlace(place)}`, verdict: 'good' })
    const { from, to } = await store.migrate({ dryRun: true })
    findings.push(schemaFinding(from, to))
    if (from === to) findings.push(...(await openFindings(store)))
    const disk = place.file === undefined ? undefined : diskOf(place.file)
    const report = from === to ? await sizeReport(store, disk?.free) : undefined
    findings.push(...(report?.findings ?? []), ...(disk ? [diskFinding(disk)] : []))
    const size = report && { ...sizeJson(report), ...(disk && { disk }) }
    return { findings, ...(size && { size }) }
  } catch (error) {
    const known = findings.filter(({ about }) => about !== 'store')
    const failed: Finding = {
      about: 'store',
      value: showPlace(place),
      verdict: 'bad',
      note: messageOf(error),
    }
    return { findings: [failed, ...known] }
  } finally {
    await store?.close().catch(() => {})
  }
}

function schemaFinding(from: number, to: number): Finding {
  if (from === to) return { about: 'schema', value: `version ${from}`, verdict: 'good' }
  if (from === 0) return { about: 'schema', value: 'none', verdict: 'bad', note: notOurs }
  return {
    about: 'schema',
    value: `version ${from}`,
    verdict: 'bad',
    note: `version ${to} is needed: legwork migrate`,
  }
}

async function openFindings(store: Store): Promise<Finding[]> {
  const { level, findings } = await store.open()
  return [
    {
      about: 'durability',
      value: level,
      verdict: level === 'volatile' ? 'bad' : level === 'power-safe' ? 'good' : 'warn',
      ...(level !== 'power-safe' && { note: 'a power cut can take acknowledged jobs with it' }),
    },
    // Told already, for it is there without a store too.
    ...findings.filter(({ about }) => about !== 'driver'),
    ...(await lifeFindings(store, Date.now())),
  ]
}

/** Less free space than this is told. */
const scarceBytes = 512 * 1_048_576

/** Bytes on the disk: of the database, of its write-ahead log besides, and what is free for both. */
interface Disk {
  readonly database: number
  readonly log: number
  readonly free: number
}

function diskOf(file: string): Disk {
  const sizeOf = (path: string) => (existsSync(path) ? statSync(path).size : 0)
  const { bavail, bsize } = statfsSync(dirname(file))
  return {
    database: sizeOf(file) + sizeOf(`${file}-shm`),
    log: sizeOf(`${file}-wal`),
    free: bavail * bsize,
  }
}

const diskFinding = ({ database, log, free }: Disk): Finding => ({
  about: 'disk',
  value: `${showBytes(database + log)} used (${showBytes(log)} of it write-ahead log), ${showBytes(free)} free`,
  verdict: free < scarceBytes ? 'warn' : 'good',
  ...(free < scarceBytes && { note: 'a full disk stops every write (LW1004)' }),
})

const marks = { good: ['green', '✔'], warn: ['yellow', '!'], bad: ['red', '✖'] } as const

function tell(findings: readonly Finding[], options: Options, terminal: Terminal): void {
  terminal.out(`legwork ${version}`)
  const width = Math.max(...findings.map(({ about }) => about.length))
  for (const { about, value, verdict, note } of findings) {
    const [colour, mark] = marks[verdict]
    terminal.out(
      `${terminal.paint(colour, mark)} ${about.padEnd(width)}  ${oneLine(note ? `${value}: ${note}` : value)}`,
    )
  }
  const n = (wanted: Finding['verdict']) => findings.filter(({ verdict }) => verdict === wanted).length
  terminal.out(`${n('good')} ok · ${plural(n('warn'), 'warning')} · ${n('bad')} failed`)
  if (options.defaults) tellDefaults(terminal)
}

const oneLine = (text: string): string => safe(text.replace(/\s*\n\s*/g, ' '))

function tellDefaults(terminal: Terminal): void {
  const flat = (of: object, prefix = ''): [string, string][] =>
    Object.entries(of).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null
        ? flat(value, `${prefix}${name}.`)
        : [[`${prefix}${name}`, value === null ? 'for ever' : String(value)]],
    )
  const columns = (title: string) => [
    { title, cell: ([name]: [string, string]) => name },
    { title: 'VALUE', cell: ([, value]: [string, string]) => value, right: true },
  ]
  for (const line of [
    '',
    ...table(flat(defaults), columns('DEFAULT'), terminal),
    '',
    ...table(flat(limits), columns('LIMIT'), terminal),
  ])
    terminal.out(line)
}
