// What the tests of bad input share: an app as plain JavaScript sees it, and what a refusal must look like.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LegworkError, legwork, task, unchecked } from 'legwork'
import type { App, JobHandle } from 'legwork'
import { afterAll, beforeAll, expect } from 'vitest'
import { z } from 'zod'

/** The app as plain JavaScript sees it: no type stands between the caller and the mistake. */
export interface Loose {
  enqueue(...args: unknown[]): Promise<JobHandle<unknown>>
  enqueueMany(...args: unknown[]): Promise<JobHandle<unknown>[]>
  run(...args: unknown[]): Promise<unknown>
  handle(...args: unknown[]): App
  start(...args: unknown[]): Promise<void>
  stop(...args: unknown[]): Promise<void>
  job(...args: unknown[]): JobHandle<unknown>
  why(...args: unknown[]): Promise<unknown>
  cancel(...args: unknown[]): Promise<unknown>
  retry(...args: unknown[]): Promise<unknown>
  pause(...args: unknown[]): Promise<unknown>
  resume(...args: unknown[]): Promise<unknown>
}
export type Class = new (...args: never[]) => LegworkError
export interface Refusal {
  readonly is: Class
  readonly code: string
  readonly says?: RegExp
}

export const loosely = (app: App) => app as unknown as Loose
export const looseTask = task as unknown as (...args: unknown[]) => unknown
export const engines = ['memory', 'sqlite'] as const
export type Engine = (typeof engines)[number]

export const good = task('good', { input: z.object({ n: z.number() }), output: z.number() })
export const anything = task('anything', { input: unchecked<unknown>() })
export const unserved = task('unserved', { input: unchecked<unknown>(), queue: 'later' })

let folder = ''
/** Gives the files of this test a folder, for as long as it runs. */
export function useFolder(): void {
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'legwork-bad-input-'))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
}

let files = 0
export const newApp = (engine: Engine): App =>
  legwork({ store: engine === 'memory' ? 'memory:' : join(folder, `${++files}.db`) })
export const withHandlers = (app: App): App =>
  app.handle(good, ({ input }) => input.n + 1).handle(anything, () => 'done')

/** The error that a call ends with, thrown at once or rejected with. */
export async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('the call was not refused')
}

export async function expectRefused(call: () => unknown, { is, code, says }: Refusal): Promise<LegworkError> {
  const error = (await errorOf(call)) as LegworkError
  expect(error).toBeInstanceOf(LegworkError)
  expect(error.message).toMatch(new RegExp(`^${code} `))
  expect(error).toBeInstanceOf(is)
  expect(error.code).toBe(code)
  if (says) expect(error.message).toMatch(says)
  expect(error.message.length, 'a message is for people').toBeLessThan(1_500)
  expect(error.message, 'no control characters reach a terminal').not.toMatch(/[\u0000-\u0008\u000b-\u001f]/)
  return error
}

/** The number of jobs, whatever their state. */
export async function jobsIn(app: App): Promise<number> {
  const rows = await (await app.store()).counts()
  return rows.reduce((sum, { states }) => sum + Object.values(states).reduce((a, b) => a + b, 0), 0)
}
