import { expect, test } from 'vitest'
import type { Beaten } from '../../store/contract.ts'
import { beatingApart } from './beat-apart.ts'

const pulse = { tick: new SharedArrayBuffer(8), everyMs: 10, maxStallMs: 1_000 }
const script = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`)

function hearing(module: URL) {
  const said: string[] = []
  let here = 0
  const heard = (answer: Beaten | Error) => void (answer instanceof Error && said.push(answer.message))
  const meanwhile = () => {
    here += 1
    return async () => void (here -= 1)
  }
  const apart = beatingApart({ module, name: 'beats', workerData: {} })
  const join = () => apart({ place: 'p', beat: { worker: 'w', ttlMs: 100 }, pulse, hear: heard, meanwhile })
  return { said, here: () => here, join }
}

test('without its module this loop goes on beating, and the worker hears why', async () => {
  const { said, here, join } = hearing(new URL('./is-not-there.js', import.meta.url))
  const stops = [await join(), await join()]
  expect(here()).toBe(2)
  expect(said).toHaveLength(2)
  expect(said[0]).toMatch(/^LW1007 the thread that beats could not begin.*is-not-there/)
  for (const stop of stops) await stop()
  expect(here()).toBe(0)
})

test('a thread that is there takes the beats over, and gives them back when it fails', async () => {
  const { said, here, join } = hearing(
    script(`
      import { parentPort } from 'node:worker_threads'
      parentPort.postMessage('ready')
      parentPort.on('message', ({ join }) => join || parentPort.close())
      setTimeout(() => { throw new Error('no more') }, 300)
    `),
  )
  const stop = await join()
  expect(here()).toBe(0)
  while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(here()).toBe(1)
  expect(said[0]).toMatch(/failed.*no more/)
  await stop()
  expect(here()).toBe(0)
})
