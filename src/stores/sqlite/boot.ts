import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Names the present boot of this machine, for monotonic clocks of two boots cannot be compared. Where the system does not
 * say, all boots have one name, and a lease that was held across a restart ends as late as the old clock had said.
 */
export function bootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    if (process.platform === 'darwin')
      return execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim()
  } catch {
    // A container may hide it.
  }
  return 'unnamed'
}
