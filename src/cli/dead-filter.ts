import type { Command } from 'commander'
import type { Duration } from '../job/duration.ts'
import { type AnyDeadLetters, toFilter } from '../operate/filter.ts'
import type { DeadFilter } from '../job/dead.ts'
import { type Common, count, moment } from './command.ts'

/** Which dead letters a command line means. */
export interface DeadOptions extends Common {
  readonly task?: string
  readonly queue?: string
  readonly fingerprint?: string
  readonly reason?: string
  readonly error?: string
  readonly tag?: string
  readonly since?: Date | Duration
  readonly until?: Date | Duration
  readonly all?: boolean
  readonly limit?: number
}

export function deadOptions(command: Command): Command {
  return command
    .option('--fingerprint <group>', 'only of this group')
    .option('--error <text>', 'only with this text in the message of the last error')
    .option('--reason <word>', 'only with this reason: exhausted, discarded, expired, …')
    .option('--task <name>', 'only of this task')
    .option('--queue <name>', 'only of this queue')
    .option('--tag <name>', 'only with this tag')
    .addOption(moment('--since <time>', 'died since this instant, or this long ago: 2026-05-01T09:00Z, 2h'))
    .addOption(moment('--until <time>', 'died before this instant, or before this long ago'))
}

/** The filter as the operator takes it. */
export function lettersOf(options: DeadOptions, ids: readonly string[] = []): AnyDeadLetters {
  const { task, queue, fingerprint, reason, error, tag, since, until, all } = options
  return {
    ...(task !== undefined && { task }),
    ...(queue !== undefined && { queue }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
    ...(tag !== undefined && { tag }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(all !== undefined && { all }),
    ...(ids.length > 0 && { ids }),
  }
}

/** The filter as the store takes it, where nothing said means all. */
export const filterOf = (options: DeadOptions): DeadFilter =>
  toFilter({ ...lettersOf(options), all: true }, Date.now())

export const limitOption = (about: string) => count('--limit <n>', about, { min: 1, max: 1_000_000_000 })
