// The effects of the jobs, as the shop, its customers and its mail provider see them.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import type { Store } from 'legwork/store'
import PostalMime from 'postal-mime'
import sharp from 'sharp'
import { shrink } from './make-thumbnail.ts'
import { changedTheirMind, customers, type Person, welcomeId } from './people.ts'
import { thumbSide } from './places.ts'
import { emailsOf, type ShopDb } from './shop.ts'
import type { Check } from './verify.ts'

interface Mail {
  readonly key: string
  readonly to: string
  readonly subject: string
  readonly messageId: string
}

export const checkMails: Check = async ({ places }) => {
  const mails = await readInbox(places.inbox)
  const turnedBack = new Set(changedTheirMind.map(({ email }) => welcomeId(email)))
  const known = new Set(customers.map(({ email }) => welcomeId(email)))
  const strangers = mails.filter(({ key }) => !known.has(key) && !turnedBack.has(key))
  return {
    proves: `${customers.length} customers have their welcome mail, each exactly once`,
    problems: [
      ...customers.flatMap((person) => faultsOfMail(person, mails)),
      ...strangers.map(({ key }) => `a mail that nobody asked for: ${key}`),
    ],
  }
}

function faultsOfMail({ name, email }: Person, mails: readonly Mail[]): readonly string[] {
  const key = welcomeId(email)
  const mine = mails.filter((mail) => mail.key === key)
  const [mail] = mine
  if (!mail || mine.length > 1) return [`${email} has ${mine.length} welcome mails`]
  const messageId = `<${Buffer.from(key).toString('base64url')}@shop.example>`
  const isRight = mail.to === email && mail.subject === `Welcome, ${name}` && mail.messageId === messageId
  return isRight ? [] : [`the mail ${key} reads: to ${mail.to}, "${mail.subject}", ${mail.messageId}`]
}

async function readInbox(folder: string): Promise<readonly Mail[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.eml'))
  return Promise.all(files.map(async (name) => readMail(await readFile(join(folder, name)))))
}

async function readMail(text: Buffer): Promise<Mail> {
  const mail = await PostalMime.parse(text)
  const key = mail.headers.find((header) => header.key === 'idempotency-key')?.value
  const to = mail.to?.map(({ address }) => address).join(', ')
  return {
    key: key ?? '(no key)',
    to: to ?? '',
    subject: mail.subject ?? '',
    messageId: mail.messageId ?? '',
  }
}

export const checkRollbacks: Check = async ({ places, db, store }) => {
  const present = emailsOf(db)
  const expected = customers.map(({ email }) => email)
  const keys = new Set((await readInbox(places.inbox)).map(({ key }) => key))
  const ids = changedTheirMind.map(({ email }) => welcomeId(email))
  const jobs = await store.get(ids)
  return {
    proves: `${ids.length} rolled-back sign-ups left no customer, no job and no mail`,
    problems: [
      ...present.filter((email) => !expected.includes(email)).map((email) => `${email} is a customer`),
      ...expected.filter((email) => !present.includes(email)).map((email) => `${email} is no customer`),
      ...jobs.flatMap((job) => (job ? [`there is a job ${job.id}`] : [])),
      ...ids.filter((id) => keys.has(id)).map((id) => `there is a mail ${id}`),
    ],
  }
}

export const checkThumbs: Check = async ({ places: { uploads, thumbs } }) => {
  const photos = await readdir(uploads)
  const faults = await Promise.all(
    photos.map((photo) => faultOfThumb(join(uploads, photo), join(thumbs, photo))),
  )
  return {
    proves: `${photos.length} photographs have a thumbnail that decodes, of the right size and picture`,
    problems: faults.flatMap((fault, i) => (fault ? [`${photos[i]}: ${fault}`] : [])),
  }
}

async function faultOfThumb(photo: string, thumb: string): Promise<string | undefined> {
  try {
    const { width, height } = await sharp(photo).metadata()
    const scale = thumbSide / Math.max(width, height)
    const expected = `${Math.round(width * scale)} x ${Math.round(height * scale)}`
    // Reading every pixel finds a file that was cut short.
    const { info } = await sharp(thumb).raw().toBuffer({ resolveWithObject: true })
    if (`${info.width} x ${info.height}` !== expected)
      return `is ${info.width} x ${info.height}, not ${expected}`
    const isSame = (await readFile(thumb)).equals(await shrink(photo).toBuffer())
    return isSame ? undefined : 'shows another picture'
  } catch (error) {
    return `does not decode: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
}

export const checkRows: Check = async ({ places, db, store }) => {
  const [header, ...rows] = parse(await readFile(places.areas)) as string[][]
  const imported = importedRows(db)
  const [wanted, got] = [checksum(rows), checksum(imported)]
  const differs = (_: unknown, i: number) => rows[i]?.join('\n') !== imported[i]?.join('\n')
  const firstWrong = (rows.length < imported.length ? imported : rows).findIndex(differs) + 1
  const resumedAfter = await rowAfterWhichItWentOn(store)
  return {
    proves:
      `${imported.length.toLocaleString('en')} rows of ${header?.length} columns, ` +
      `checksum ${got.slice(0, 12)}; ` +
      `after the kill the import went on at row ${(resumedAfter + 1).toLocaleString('en')}`,
    problems: [
      ...(resumedAfter > 0 ? [] : ['the import did not go on where it was killed']),
      ...(rows.length === imported.length ? [] : [`${imported.length} rows instead of ${rows.length}`]),
      ...(wanted === got
        ? []
        : [`checksum ${got.slice(0, 12)}, not ${wanted.slice(0, 12)}, from row ${firstWrong} on`]),
    ],
  }
}

/** The import says in its log where it begins; 0 when it never went on from a run before. */
async function rowAfterWhichItWentOn(store: Store): Promise<number> {
  const [job] = await store.get(['import:areas.csv'], { logs: true })
  const said = job?.logs?.map(({ message }) => /^goes on after row (\d+)$/.exec(message)?.[1]) ?? []
  return Number(said.find((row) => row !== undefined) ?? 0)
}

function importedRows(db: ShopDb): readonly string[][] {
  const rows = db
    .prepare('select zip, latitude, longitude, city, state, county from area order by line')
    .all()
  return (rows as Record<string, string>[]).map((row) => Object.values(row))
}

const checksum = (rows: readonly string[][]): string =>
  createHash('sha256').update(JSON.stringify(rows)).digest('hex')
