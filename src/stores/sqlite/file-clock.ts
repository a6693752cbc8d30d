import { closeSync, constants, fstatSync, openSync, readFileSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Finding } from '../../store/contract.ts'
import { showMs } from '../../job/duration.ts'
import { realClock } from '../../world.ts'
import { bootId } from './boot.ts'
import { isInMemory } from './checks.ts'
import type { Time } from './engine.ts'

/*
 * What time it is, is said by the file system that holds the store: all processes ask the same one. The clock of a
 * process may be faked or its machine's corrected; a slot of a schedule must not come early or late for that.
 */

/** Linux: a file without a name in a folder, gone when it is closed. */
const nameless = 0o20200000

/** A file system stamps with the tick of the kernel, some milliseconds behind; less than this is no disagreement. */
const toleranceMs = 1_000

/**
 * How far the clock of the store's file system is ahead of `now()`, in milliseconds; 0 where they agree, or where no
 * file can be made.
 */
export function skewOf(path: string, now: () => number): number {
  try {
    const before = now()
    const stamp = stampIn(path)
    const after = now()
    const isSame = stamp >= before - toleranceMs && stamp <= after + toleranceMs
    return isSame ? 0 : Math.round(stamp - after)
  } catch {
    return 0
  }
}

/** When the file system says that it is now. */
function stampIn(path: string): number {
  if (process.platform === 'linux') {
    try {
      return stampOf(openSync(dirname(path), nameless | constants.O_RDWR, 0o600))
    } catch {
      // Not every file system has files without a name.
    }
  }
  const named = `${path}-clock-${process.pid}`
  try {
    return stampOf(openSync(named, 'w', 0o600))
  } finally {
    unlinkSync(named)
  }
}

function stampOf(file: number): number {
  try {
    return fstatSync(file).mtimeMs
  } finally {
    closeSync(file)
  }
}

/** For people, where the clocks disagree. */
function clockFinding(skewMs: number): Finding {
  if (skewMs === 0) return { about: 'clock', value: 'agrees with the file system', verdict: 'good' }
  return {
    about: 'clock',
    value: `${showMs(Math.abs(skewMs))} ${skewMs < 0 ? 'ahead of' : 'behind'} the file system`,
    verdict: 'warn',
    note: 'the clock of the file system is used (LW2104)',
  }
}

/** The time of a store in a file. */
export function fileTime(path: string): Time & { findings(): readonly Finding[] } {
  let skewMs = 0
  const monotonicSkewMs = monotonicSkew()
  const check = (): void => {
    if (!isInMemory(path)) skewMs = skewOf(path, realClock.now)
  }
  check()
  return {
    now: () => realClock.now() + skewMs,
    monotonic: () => realClock.monotonic() + monotonicSkewMs,
    boot: bootId(),
    check,
    findings: () => (isInMemory(path) ? [] : [clockFinding(skewMs)]),
  }
}

/**
 * The machine cannot have been up for less time than its monotonic clock has counted. A process for which it has is
 * being told a false one, by which all leases of others would be over; the kernel's own count takes its place.
 */
function monotonicSkew(): number {
  if (process.platform !== 'linux') return 0
  try {
    const upMs = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1_000
    const aheadMs = realClock.monotonic() - upMs
    return aheadMs > toleranceMs ? -aheadMs : 0
  } catch {
    return 0
  }
}
