import type { Command } from 'commander'
import type { WorkerView } from '../../store/index.ts'
import { add, type Call, type Common, does } from '../command.ts'
import { withStore } from '../connect.ts'
import { type Column, table } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { ago, instants } from '../view.ts'

export function register(program: Command, terminal: Terminal): void {
  const workers = add(program, 'workers', {
    summary: 'list the workers that are registered',
    examples: ['workers list', 'workers list --json'],
  })
  does<Common>(
    add(workers, 'list', {
      summary: 'list workers, their queues and when they were last heard of',
      examples: ['workers list'],
    }),
    (call) => list(call, terminal),
  )
}

async function list({ options }: Call<Common>, terminal: Terminal): Promise<void> {
  const workers = await withStore(options, (store) => store.workers())
  const now = Date.now()
  if (options.json) return terminal.json({ items: workers.map((worker) => workerJson(worker, now)) })
  if (workers.length === 0) return terminal.err('No workers. Start one: legwork worker FILE')
  for (const line of table(workers, columns(now), terminal)) terminal.out(line)
}

const stateOf = ({ leaseEndsAt }: WorkerView, now: number) => (leaseEndsAt > now ? 'alive' : 'silent')

function columns(now: number): Column<WorkerView>[] {
  return [
    { title: 'WORKER', cell: ({ id }) => id },
    {
      title: 'STATE',
      cell: (worker) => stateOf(worker, now),
      paint: (worker) => (stateOf(worker, now) === 'alive' ? 'green' : 'red'),
    },
    { title: 'HOST', cell: ({ host }) => host },
    { title: 'PID', cell: ({ pid }) => pid, right: true },
    { title: 'RUNNING', cell: ({ running, concurrency }) => `${running}/${concurrency}`, right: true },
    { title: 'STARTED', cell: ({ startedAt }) => ago(startedAt, now), right: true },
    { title: 'HEARD', cell: ({ beatAt }) => ago(beatAt, now), right: true },
    { title: 'VERSION', cell: ({ version }) => version },
    { title: 'QUEUES', cell: ({ queues }) => queues.join(',') },
    { title: 'TASKS', cell: taskNames },
  ]
}

const taskNames = ({ tasks, versions = {} }: WorkerView): string =>
  tasks.map((task) => (Object.hasOwn(versions, task) ? `${task}@${versions[task]}` : task)).join(',')

function workerJson({ startedAt, beatAt, leaseEndsAt, ...rest }: WorkerView, now: number): object {
  return {
    ...rest,
    state: leaseEndsAt > now ? 'alive' : 'silent',
    ...instants({ startedAt, beatAt, leaseEndsAt }),
  }
}
