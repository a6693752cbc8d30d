// Enqueues its share of the jobs at an even pace, in bulk and one by one; started again after a kill, and while the server is
// away, it repeats what was not acknowledged, under the same ids.
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { legwork } from 'legwork'
import { insist, storeAt } from './engines.mjs'
import { historyFile, recording } from './history.mjs'
import { chore, temper } from './tasks.mjs'

const { name, url, history, count, perSecond } = JSON.parse(process.argv[2])

function acknowledged() {
  if (!existsSync(history)) return 0
  const lines = readFileSync(history, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"enqueue"') && line.includes('"ty":"ok"'))
  return lines.length === 0 ? 0 : new Set(lines.map((line) => JSON.parse(line).job)).size
}

const app = legwork({ store: recording(storeAt(url), historyFile(history, name)), enqueueTimeout: '60s' })
// Waves are acknowledged in order, so as many as were acknowledged are done; the rest may be half stored.
let done = acknowledged()
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
