import assert from 'node:assert/strict'
import type { AnyTask, Task } from '../define/task.ts'
import type { TestApp } from './test-app.ts'

/**
 * Proves that a job which runs more than once has no more effect than one that runs once: first a plain run, then one
 * whose worker dies after the work was done, then one whose worker dies before it began.
 * `effects` counts what the handler did to the world, for instance mails sent.
 * @throws {AssertionError} naming the crash after which the handler did more.
 * @example
 * await assertIdempotent(t, sendEmail, { to: 'ada@example.com' }, () => outbox.length)
 */
export async function assertIdempotent<In>(
  t: TestApp,
  task: Task<string, In, unknown, unknown, unknown>,
  input: NoInfer<In>,
  effects: () => number | Promise<number>,
): Promise<void> {
  const enqueue = t.enqueue as (task: AnyTask, input: unknown) => ReturnType<TestApp['enqueue']>
  const run = async () => {
    const before = await effects()
    const job = await enqueue(task, input)
    await t.drain()
    const { state, losses } = await job.status()
    return { state, losses, did: (await effects()) - before }
  }
  const plain = await run()
  assert.equal(plain.state, 'completed', `the plain run ended ${plain.state}`)
  for (const where of ['before-settle', 'after-claim'] as const) {
    t.crash(where)
    const { state, losses, did } = await run()
    assert.equal(losses, 1, `the crash ${where} did not happen`)
    assert.equal(state, 'completed', `after a crash ${where} the job ended ${state}`)
    assert.ok(
      did <= plain.did,
      `${task.name} is not idempotent: one run has ${plain.did} effects, a run with a crash ${where} has ${did}`,
    )
  }
}
