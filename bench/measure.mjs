// Clocks, CPU and percentiles. Every process of a run reads the same monotonic clock, so instants may be compared.
import { readFileSync } from 'node:fs'

/** Microseconds that never go back, the same for all processes of this machine. */
export const nowUs = () => Number(process.hrtime.bigint() / 1_000n)
export const wallMs = () => performance.timeOrigin + performance.now()
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function percentiles(values) {
  const sorted = Float64Array.from(values).sort()
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted[sorted.length - 1] }
}

/** CPU that this process has used, in microseconds: all its threads, and the main thread where the system tells. */
export function cpuUs() {
  const { user, system } = process.cpuUsage()
  return { all: user + system, main: mainThreadUs() }
}

function mainThreadUs() {
  try {
    const [ns] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return Number(ns) / 1_000
  } catch {
    return Number.NaN // Only Linux tells.
  }
}

export const cpuSince = (before) => {
  const now = cpuUs()
  return { all: now.all - before.all, main: now.main - before.main }
}

const padding = 'x'.repeat(80)
/** The input of job `i`, about 100 bytes as JSON, the same for every system. `t` is when it was handed in, if that is measured. */
export const payload = (i, t = 0) => ({ i, t, p: padding })

/** Keeps `width` calls under way until `n` were made. */
export async function inFlight(n, width, call) {
  let next = 0
  const lane = async () => {
    while (next < n) await call(next++)
  }
  await Promise.all(Array.from({ length: Math.min(width, n) }, lane))
}
