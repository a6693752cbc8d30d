// What each worker process runs: `legwork worker worker.js --processes 2` loads this file and starts the app.
import { env } from 'node:process'
import { legwork } from 'legwork'
import { importInto } from './import-areas.ts'
import { makeThumbnail } from './make-thumbnail.ts'
import { writeReport } from './nightly-report.ts'
import { placesIn } from './places.ts'
import { makePoster } from './poster.ts'
import { sendWelcome } from './send-welcome.ts'
import { openShop } from './shop.ts'
import { importAreas, nightlyReport, poster, thumbnail, welcome } from './tasks.ts'

const places = placesIn(env['SHOP_FOLDER'] ?? '.')
const db = await openShop(places.db)

export const app = legwork(places.jobs)
  .handle(welcome, sendWelcome(Number(env['SHOP_SMTP_PORT'])))
  .handle(thumbnail, makeThumbnail(places))
  .handle(importAreas, importInto(db, places))
  .handle(poster, makePoster())
  .handle(nightlyReport, writeReport(db))
