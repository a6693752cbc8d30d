// The shop's front: takes sign-ups, photographs and a CSV file, and hands the work behind them to the queue.
// A process of its own; it knows the tasks and none of the handlers.
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { argv } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { type App, legwork } from 'legwork'
import { people, type Person, receive, welcomeId } from './people.ts'
import { placesIn, type Places } from './places.ts'
import { addCustomer, openShop, type ShopDb } from './shop.ts'
import { importAreas, thumbnail, welcome } from './tasks.ts'

/** Customers come one after the other; this long apart, in ms. */
const betweenMs = 200

/** The photographs come in three portions, before these sign-ups. */
const photoTimes = [8, 18, 28]

/**
 * The customer and the job to greet her are one transaction: both exist, or neither. On another engine the job comes after
 * the commit, under an id of her own, so that it may be repeated.
 */
async function signUp(app: App, db: ShopDb, person: Person): Promise<void> {
  const { email, name, changesMind } = person
  const isOneFile = places.jobs === places.db
  const greet = (by: Pick<App, 'enqueue'>) =>
    by.enqueue(welcome, { to: email, name }, { id: welcomeId(email) })
  db.exec('begin immediate')
  try {
    addCustomer(db, person)
    if (isOneFile) await greet(app.in(db))
    db.exec(changesMind ? 'rollback' : 'commit')
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
  if (!isOneFile && !changesMind) await greet(app)
}

/** Calls that are made at the same time share one commit. */
async function handInPhotos(app: App, photos: readonly string[]): Promise<void> {
  await Promise.all(photos.map((photo) => app.enqueue(thumbnail, { photo }, { id: `thumbnail:${photo}` })))
}

async function handInAreas(app: App, { areas }: Places): Promise<void> {
  const lines = (await readFile(areas, 'utf8')).trimEnd().split('\n').length
  await app.enqueue(importAreas, { file: 'areas.csv', rows: lines - 1 }, { id: 'import:areas.csv' })
}

const places = placesIn(argv[2] ?? '.')
if (existsSync(places.people)) receive(JSON.parse(await readFile(places.people, 'utf8')) as Person[])
await using app = legwork(places.jobs)
const db = await openShop(places.db)
await handInAreas(app, places)
const photos = await readdir(places.uploads)
const portion = Math.ceil(photos.length / photoTimes.length)
for (const [i, person] of people.entries()) {
  if (photoTimes.includes(i)) await handInPhotos(app, photos.splice(0, portion))
  await signUp(app, db, person)
  await pause(betweenMs)
}
db.close()
