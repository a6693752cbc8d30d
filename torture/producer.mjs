// Enqueues its share of the jobs at an even pace, in bulk and one by one; started again after a kill, and while the server is
// away, it repeats what was not acknowledged, under the same ids.
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { legwork } from 'legwork'
import { insist, storeAt } from './engines.mjs'
import { historyFile, recording } from './history.mjs'
import { chore, temper } from './tasks.mjs'

const { name, url, history, count, perSecond } = JSON.parse(process.argv[2])

/** The first job that was not acknowledged: behind it some may be, for partitions answer each for itself, and are repeated. */
function firstLeft() {
  if (!existsSync(history)) return 0
  const acknowledged = new Set(
    readFileSync(history, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"enqueue"') && line.includes('"ty":"ok"'))
      .map((line) => JSON.parse(line).job),
  )
  let i = 0
  while (acknowledged.has(`${name}-${i}`)) i += 1
  return i
}

const app = legwork({ store: recording(storeAt(url), historyFile(history, name)), enqueueTimeout: '60s' })
let done = firstLeft()
const startedAt = Date.now()
const first = done
while (done < count) {
  const size = Math.min(count - done, 20 + (done % 60))
  const wave = Array.from({ length: size }, (_, k) => done + k)
  await Promise.all(
    wave.map((i) =>
      insist(() =>
        app.enqueue(chore, temper(i), {
          id: `${name}-${i}`,
          ...(i % 17 === 0 && { delay: 200 + (i % 5) * 100 }),
          ...(i % 11 === 0 && { priority: 'high' }),
        }),
      ),
    ),
  )
  done += size
  process.send?.({ done })
  await wait(Math.max(0, ((done - first) / perSecond) * 1_000 - (Date.now() - startedAt)))
}
await app.stop()
process.send?.({ done, finished: true }, () => process.exit(0))
