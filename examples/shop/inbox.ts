// A small mail provider: a real SMTP server on loopback that files each mail as a file one can read.
import { writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import { fullMailbox, shyMailboxes } from './people.ts'

export interface Inbox {
  readonly port: number
  /** Mails taken, mails that came again under a known key, and tries turned away. */
  readonly seen: { readonly mails: number; readonly repeats: number; readonly refusals: number }
  /** Empties the full mailbox, so that it takes mail again. */
  repair(): void
  close(): Promise<void>
}

/** The provider takes this long, in ms, between filing a mail and saying so: time for a sender to die in. */
const answerMs = 900

/** Starts the server on a free port of 127.0.0.1. */
export async function openInbox(folder: string): Promise<Inbox> {
  const seen = { mails: 0, repeats: 0, refusals: 0 }
  const shy = new Set(shyMailboxes)
  const full = new Set([fullMailbox])
  const filed = new Map<string, Promise<void>>()

  const refuse = (responseCode: number, message: string) => {
    seen.refusals += 1
    return Object.assign(new Error(message), { responseCode })
  }
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    closeTimeout: 1_000,
    onRcptTo({ address }, _session, answer) {
      if (full.has(address)) return answer(refuse(550, 'mailbox is full'))
      // delete() says whether it was there: only the first try is turned away.
      if (shy.delete(address)) return answer(refuse(451, 'try again later'))
      answer()
    },
    onData(stream, _session, answer) {
      buffer(stream)
        .then((mail) => file(mail, folder, filed))
        .then(
          (isNew) => {
            seen[isNew ? 'mails' : 'repeats'] += 1
            answer(null, isNew ? 'filed' : 'known already')
          },
          (error: Error) => answer(error),
        )
    },
  })
  // A sender that is killed leaves a broken connection behind, which is no matter for the server.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    seen,
    repair: () => full.clear(),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Files a mail under its idempotency key; false when that key was filed before. */
async function file(mail: Buffer, folder: string, filed: Map<string, Promise<void>>): Promise<boolean> {
  const key = keyOf(mail)
  const isNew = !filed.has(key)
  if (isNew) filed.set(key, writeFile(join(folder, fileName(key)), mail))
  await filed.get(key)
  await pause(answerMs)
  return isNew
}

function keyOf(mail: Buffer): string {
  const key = /^Idempotency-Key: (.+?)\r?$/m.exec(mail.toString('latin1'))?.[1]
  if (!key) throw Object.assign(new Error('no Idempotency-Key'), { responseCode: 554 })
  return key
}

/** The name of the file that holds the mail of a key. */
export const fileName = (key: string): string => `${key.replace(/[^\w.@-]/g, '-')}.eml`
