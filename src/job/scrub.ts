import { fingerprint } from './failure.ts'
import type { ErrorInfo } from './job.ts'
import { changeAt, type PathRule } from './paths.ts'
import { redacted } from './shown.ts'

/** Values that must not be quoted, longest first. */
export type Secrets = readonly string[]

/** A shorter value would be found in texts that have nothing to do with it. */
const leastChars = 4
const secretsMax = 200

/** The texts and numbers at the hidden places of a value: what an error or a log line may quote. */
export function secretsOf(value: unknown, rules: readonly PathRule[]): Secrets {
  const found = new Set<string>()
  changeAt(value, rules, (part) => {
    gather(part, found)
    return part
  })
  return [...found].toSorted((a, b) => b.length - a.length)
}

function gather(part: unknown, found: Set<string>): void {
  if (found.size >= secretsMax) return
  if (typeof part === 'string' || typeof part === 'number') {
    const text = `${part}`
    if (text.length >= leastChars) found.add(text)
  } else if (typeof part === 'object' && part !== null)
    for (const one of Object.values(part)) gather(one, found)
}

/** The text without the secrets, as they are and as JSON writes them. */
export function scrub(text: string, secrets: Secrets): string {
  let clean = text
  for (const secret of secrets) {
    clean = clean.replaceAll(secret, redacted)
    const quoted = JSON.stringify(secret).slice(1, -1)
    if (quoted !== secret) clean = clean.replaceAll(quoted, redacted)
  }
  return clean
}

/** A value of JSON with the secrets taken out of its texts, and what the rules hide. */
export function scrubValue(value: unknown, secrets: Secrets, rules: readonly PathRule[]): unknown {
  const go = (part: unknown): unknown => {
    if (typeof part === 'string') return scrub(part, secrets)
    if (typeof part === 'number') return secrets.includes(`${part}`) ? redacted : part
    if (Array.isArray(part)) return part.map(go)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, one]) => [scrub(key, secrets), go(one)]))
  }
  return go(changeAt(value, rules, () => redacted))
}

/** The error without the secrets. Its fingerprint is made anew, or each secret would be a kind of error of its own. */
export function scrubError(error: ErrorInfo, secrets: Secrets): ErrorInfo {
  if (secrets.length === 0) return error
  const { name, message, stack, code } = error
  const clean = {
    name: scrub(name, secrets),
    message: scrub(message, secrets),
    ...(stack !== undefined && { stack: scrub(stack, secrets) }),
    ...(code !== undefined && { code: scrub(code, secrets) }),
  }
  return { ...clean, fingerprint: fingerprint(clean.name, clean.message, clean.stack) }
}
