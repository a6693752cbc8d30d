// What the tests of hidden, sealed and large payloads share.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const newKey = (): string => randomBytes(32).toString('base64')

/** A folder that is removed with the test. */
export function place(): string {
  const dir = mkdtempSync(join(tmpdir(), 'legwork-payload-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** The files of a folder that hold a text, in any part of them. */
export const filesWith = (dir: string, text: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text))
