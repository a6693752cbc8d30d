// An app in virtual time with one handler, for the tests of what handlers do.
import { setImmediate as turn } from 'node:timers/promises'
import { legwork, task, unchecked } from 'legwork'
import type { Context } from 'legwork'
import { testApp, type TestApp } from 'legwork/testing'
import { expect } from 'vitest'

export const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** An app in virtual time with one handler for one task. */
export function stage(
  name: string,
  run: (context: Context<string>, t: TestApp) => unknown,
  options: Parameters<typeof task>[1] & Parameters<typeof testApp>[1] = {},
) {
  const { concurrency, abortGrace, ...taskOptions } = options
  const one = task(name, { retry: { attempts: 1 }, ...taskOptions, input: unchecked<string>() })
  const app = legwork('memory:').handle(one, (context) => run(context as Context<string>, t))
  const t = testApp(app, {
    ...(concurrency && { concurrency }),
    ...(abortGrace !== undefined && { abortGrace }),
  })
  return { t, one }
}
export const never = () => new Promise<never>(() => {})
export const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
  )
export async function untilState(
  job: { status(): Promise<{ state: string }> },
  state: string,
): Promise<void> {
  while ((await job.status()).state !== state) await turn()
}
export async function expectNoneStuck(t: TestApp): Promise<void> {
  expect((await t.jobs()).filter(({ state }) => !['completed', 'dead', 'cancelled'].includes(state))).toEqual(
    [],
  )
}
