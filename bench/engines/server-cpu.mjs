// CPU that a server has used: its process, its children, and those that have ended.
import { readdirSync, readFileSync } from 'node:fs'

/** The kernel counts in hundredths of a second. */
const tickUs = 10_000

export function treeCpuUs(pid) {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    const one = /^\d+$/.test(name) ? statOf(name) : undefined
    if (Number(name) === pid && one) ticks += one.own + one.ended
    else if (one?.parent === pid) ticks += one.own
  }
  return ticks * tickUs
}

function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    return { parent: fields[1], own: fields[11] + fields[12], ended: fields[13] + fields[14] }
  } catch {
    return undefined // It has ended meanwhile, or this is no Linux.
  }
}
