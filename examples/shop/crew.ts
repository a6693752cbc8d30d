// The other processes of the demo: started, watched, and never left behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Places } from './places.ts'

export interface Crew {
  /** Starts a script of this folder, or `legwork`; what it prints goes to NAME.log in the shop's folder. */
  start(name: string, command: Command): Member
  /** Ends all that still run: gently first, by force after five seconds. */
  dismiss(): Promise<void>
}
export interface Member {
  readonly process: ChildProcess
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
}
export type Command =
  | { readonly script: string; readonly args: readonly string[] }
  | { readonly legwork: readonly string[] }

const legworkMain = fileURLToPath(new URL('dist/cli/main.js', import.meta.resolve('legwork/package.json')))

/** A script of this folder, by its name without ending. */
export const scriptPath = (name: string): string => fileURLToPath(new URL(`${name}.js`, import.meta.url))

export function openCrew({ folder }: Places, settings: Readonly<Record<string, string>>): Crew {
  const members = new Set<Member>()
  return {
    start(name, command) {
      const args =
        'legwork' in command
          ? [legworkMain, ...command.legwork]
          : [scriptPath(command.script), ...command.args]
      const log = openSync(join(folder, `${name}.log`), 'a')
      const child = spawn(execPath, args, { stdio: ['ignore', log, log], env: { ...env, ...settings } })
      closeSync(log)
      const member = { process: child, ended: endOf(child) }
      members.add(member)
      void member.ended.then(() => members.delete(member))
      return member
    },
    async dismiss() {
      const all = [...members]
      for (const member of all) member.process.kill('SIGTERM')
      const byForce = pause(5_000, undefined, { ref: false }).then(() => {
        for (const member of all) member.process.kill('SIGKILL')
      })
      await Promise.race([Promise.all(all.map((member) => member.ended)), byForce])
    },
  }
}

async function endOf(child: ChildProcess): Promise<number | string> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return code ?? signal ?? 'unknown'
}
