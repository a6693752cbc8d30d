// Breaks one effect of a finished run, behind everybody's back, to show that the verification notices.
import { copyFile, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { legwork } from 'legwork'
import sharp from 'sharp'
import { fileName } from './inbox.ts'
import { readNotes, writeNotes } from './notes.ts'
import { changedTheirMind, customers, fullMailbox, welcomeId } from './people.ts'
import { type Places, placesIn } from './places.ts'
import { openShop } from './shop.ts'

const sabotages: Readonly<Record<string, (places: Places) => Promise<void>>> = {
  mail: ({ inbox }) => rm(mailOf(inbox, 3)),
  'mail-twice': ({ inbox }) => copyFile(mailOf(inbox, 4), join(inbox, 'again.eml')),
  'mail-wrong': ({ inbox }) => edit(mailOf(inbox, 5), /^Subject: .*$/m, 'Subject: Hello'),
  'mail-stranger': (places) => forgeMail(places, 'welcome:nobody@post.example'),
  rollback: (places) => forgeMail(places, welcomeId(turnedBack)),
  'rollback-customer': ({ db }) => sql(db, `insert into customer values ('${turnedBack}', 'Somebody')`),
  'rollback-lost': ({ db }) => sql(db, `delete from customer where email = '${customers[0]?.email}'`),
  thumb: ({ thumbs }) => truncate(join(thumbs, 'A001.jpeg'), 700),
  'thumb-missing': ({ thumbs }) => rm(join(thumbs, 'A001.jpeg')),
  'thumb-size': (places) => redo(places, 95),
  'thumb-other': ({ thumbs }) => copyFile(join(thumbs, 'A010.jpeg'), join(thumbs, 'A001.jpeg')),
  row: ({ db }) => sql(db, `update area set city = city || '.' where line = 20000`),
  'row-missing': ({ db }) => sql(db, 'delete from area where line = 17'),
  'row-twice': ({ db }) =>
    sql(
      db,
      `insert into area select 99999, zip, latitude, longitude, city, state, county
             from area where line = 17`,
    ),
  'row-restart': ({ db }) => sql(db, `delete from legwork_log where message like 'goes on%'`),
  dead: deadAgain,
  'dead-skipped': (places) => forget(places, 'failures', welcomeId(fullMailbox)),
  'dead-unseen': async (places) => writeNotes(places, { ...(await readNotes(places)), deadLetters: [] }),
  loss: async (places) => forget(places, 'losses', (await readNotes(places)).killed.jobs[0] ?? ''),
  'loss-charged': ({ db }) => sql(db, 'update legwork_history set failures = failures + 1 where losses > 0'),
  'loss-none': killedNobody,
  report: ({ db }) =>
    sql(
      db,
      `update legwork_history set result = '{"customers":1,"areas":1}'
             where seq = (select seq from legwork_slot)`,
    ),
  poison: ({ db }) => sql(db, `update legwork_history set losses = 4 where reason = 'poison'`),
  counter: ({ db }) => sql(db, 'update legwork_tally set n = n + 1 where n > 50'),
}

/** Somebody whose sign-up was rolled back. */
const turnedBack = changedTheirMind[0]?.email ?? ''

/** Names of what can be broken. */
export const sabotageNames: readonly string[] = Object.keys(sabotages)

/** Breaks the effect of this name in a folder. */
export async function sabotage(folder: string, name: string): Promise<void> {
  await sabotages[name]?.(placesIn(folder))
}

const mailOf = (inbox: string, customer: number): string =>
  join(inbox, fileName(welcomeId(customers[customer]?.email ?? '')))

async function edit(path: string, pattern: RegExp, replacement: string): Promise<void> {
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace(pattern, replacement))
}

/** Files a mail under a key that should have none. */
async function forgeMail({ inbox }: Places, key: string): Promise<void> {
  const path = join(inbox, fileName(key))
  await copyFile(mailOf(inbox, 0), path)
  await edit(path, /^Idempotency-Key: .*$/m, `Idempotency-Key: ${key}`)
}

async function redo({ uploads, thumbs }: Places, width: number): Promise<void> {
  await sharp(join(uploads, 'A001.jpeg')).resize({ width }).toFile(join(thumbs, 'A001.jpeg'))
}

async function sql(path: string, statement: string): Promise<void> {
  const db = await openShop(path)
  db.exec(statement)
  db.close()
}

/** Puts the delivered letter back into the queue, where it is no longer completed. */
async function deadAgain({ db }: Places): Promise<void> {
  await using app = legwork(db)
  await app.retry(welcomeId(fullMailbox))
}

/** As if the killed worker had been idle. */
async function killedNobody(places: Places): Promise<void> {
  const notes = await readNotes(places)
  await writeNotes(places, { ...notes, killed: { ...notes.killed, jobs: [] } })
}

/** Takes attempts of a job out of its history. A loss is one without a digest, for no worker settled it. */
const forget = ({ db }: Places, which: 'losses' | 'failures', id: string): Promise<void> =>
  sql(
    db,
    `delete from legwork_attempt where seq = (select seq from legwork_job where id = '${id}')
     and digest is ${which === 'losses' ? 'null' : 'not null'}
     and id not in (select max(id) from legwork_attempt group by seq)`,
  )
