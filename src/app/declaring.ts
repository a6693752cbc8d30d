import type { ScheduleOptions } from '../define/schedule.ts'
import type { AnyTask } from '../define/task.ts'
import type { ScheduleDesk } from '../schedules/desk.ts'
import type { App } from '../surface.ts'
import type { Registry } from '../worker/registry.ts'
import { type Phase, refuseLate } from './phase.ts'

interface DeclaringKit {
  readonly phase: Phase
  readonly registry: Registry
  readonly desk: ScheduleDesk
  app(): App
}

/** What an app is told before it starts: handlers, middleware, schedules. */
export function declaring({
  phase,
  registry,
  desk,
  app,
}: DeclaringKit): Pick<App, 'handle' | 'handleBatch' | 'use' | 'schedule'> {
  const before = (call: string, what: string) => refuseLate(phase, call, `Register every ${what} first.`)
  return {
    handle(task: AnyTask, handler: unknown) {
      registry.handle(task, handler, () => before(`handle(${task.name})`, 'handler'))
      return app()
    },
    handleBatch(task: AnyTask, ...args: readonly unknown[]) {
      registry.handleBatch(task, args, () => before(`handleBatch(${task.name})`, 'handler'))
      return app()
    },
    use(...args: readonly unknown[]) {
      registry.use(args, () => before('use()', 'middleware'))
      return app()
    },
    schedule(name: string, options: ScheduleOptions<never>) {
      refuseLate(phase, `schedule(${name})`, 'Declare it before, or use app.schedules.set().')
      desk.add(name, options as unknown as ScheduleOptions)
      return app()
    },
  }
}
