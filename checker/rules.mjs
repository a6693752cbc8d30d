// Each rule looks at one job: `(job, history) => texts`, one text for each violation.

const final = new Set(['completed', 'dead', 'cancelled'])
const finalMoves = { complete: 'completed', bury: 'dead', cancel: 'cancelled' }
const ok = (event) => event.ty === 'ok'
const asked = (job, verb) => job.act.some((event) => event.v.verb === verb && event.ty !== 'fail')
const acceptances = (job) =>
  job.enqueue.filter((event) => ok(event) && (event.outcome === 'created' || event.outcome === 'duplicate'))
const byFence = (a, b) => a.fence - b.fence
const wasRevived = (job) => asked(job, 'retry')

export const rules = {
  lost(job) {
    if (acceptances(job).length === 0 || job.dump.length > 0 || asked(job, 'remove')) return []
    return ['its enqueue was acknowledged, and it is not in the dump']
  },

  'early-reply'(job, { sentAt }) {
    const accepted = acceptances(job).map((event) => event.at)
    if (accepted.length === 0 || asked(job, 'remove')) return []
    const first = accepted.reduce((a, b) => (a < b ? a : b))
    return job.look
      .filter((look) => ok(look) && look.v.found === false && sentAt(look) > first)
      .map((look) => `acknowledged at ${first}, not found by a look sent at ${sentAt(look)}`)
  },

  doubled(job) {
    const created = job.enqueue.filter((event) => ok(event) && event.outcome === 'created')
    const texts = []
    if (created.length > 1 && !asked(job, 'remove')) texts.push(`created ${created.length} times`)
    if (job.dump.length > 1) texts.push(`${job.dump.length} times in the dump`)
    return texts
  },

  invented(job) {
    if (job.enqueue.length === 0) return ['nobody tried to enqueue it']
    const known = new Set(job.claims.map((event) => `${event.worker} ${event.fence}`))
    return job.start
      .filter((event) => !known.has(`${event.worker} ${event.fence}`))
      .map((event) => `worker ${event.worker} started fence ${event.fence}, which it had not claimed`)
  },

  unfinished(job, { finish }) {
    const state = job.dump[0]?.v.state
    return finish?.v.final === true && state !== undefined && !final.has(state)
      ? [`it should be final and is ${state}`]
      : []
  },

  overlap(job, history) {
    const spans = job.claims.map((claim) => span(claim, job, history)).filter(({ from, to }) => from < to)
    spans.sort((a, b) => (a.from < b.from ? -1 : 1))
    const texts = []
    for (let i = 1; i < spans.length; i++) {
      const [a, b] = [spans[i - 1], spans[i]]
      if (b.from < a.to && a.fence !== b.fence)
        texts.push(
          `fence ${a.fence} of ${a.worker} was alive to ${a.to}, fence ${b.fence} of ${b.worker} from ${b.from}`,
        )
      if (b.to < a.to) spans[i] = a
    }
    return texts
  },

  holder(job) {
    const seen = new Map()
    const texts = []
    for (const { fence, worker, attempt } of job.claims) {
      const first = seen.get(fence) ?? { worker, attempt }
      seen.set(fence, first)
      if (first.worker !== worker) texts.push(`fence ${fence} was handed to ${first.worker} and to ${worker}`)
      else if (first.attempt !== attempt)
        texts.push(`fence ${fence} was attempt ${first.attempt} and attempt ${attempt}`)
    }
    return texts
  },

  'run-twice'(job) {
    const runs = new Map()
    for (const { fence } of job.start) runs.set(fence, (runs.get(fence) ?? 0) + 1)
    return [...runs]
      .filter(([, times]) => times > 1)
      .map(([fence, times]) => `a handler started ${times} times for fence ${fence}`)
  },

  rising(job) {
    const told = [
      ...job.claims.map(({ fence, attempt, v }) => ({ fence, attempt, startedAt: v.startedAt })),
      ...job.attempts,
    ].sort(byFence)
    const texts = []
    for (let i = 1; i < told.length; i++) {
      const [a, b] = [told[i - 1], told[i]]
      if (a.fence === b.fence) continue
      if (a.attempt >= b.attempt)
        texts.push(
          `attempt ${a.attempt} under fence ${a.fence}, then attempt ${b.attempt} under fence ${b.fence}`,
        )
      if (a.startedAt > b.startedAt)
        texts.push(`fence ${b.fence} started at ${b.startedAt}, before fence ${a.fence} at ${a.startedAt}`)
    }
    const dump = job.dump[0]?.v
    const last = told.at(-1)
    if (dump && last && (dump.fence < last.fence || dump.attempt < last.attempt))
      texts.push(
        `dumped with fence ${dump.fence} and attempt ${dump.attempt}, after fence ${last.fence} and attempt ${last.attempt}`,
      )
    return texts
  },

  'settled-twice'(job) {
    const endings = new Map()
    const texts = []
    for (const event of job.applied) {
      const said = saying(event)
      const first = endings.get(event.fence) ?? said
      endings.set(event.fence, first)
      if (first !== said) texts.push(`fence ${event.fence} was settled as ${first} and as ${said}`)
    }
    const rows = job.attempts
    for (let i = 1; i < rows.length; i++)
      if (rows[i - 1].fence === rows[i].fence)
        texts.push(`two attempts of fence ${rows[i].fence} in the dump`)
    return texts
  },

  unsettled(job) {
    const dump = job.dump[0]?.v
    if (!dump) return []
    const rows = new Map(job.attempts.map((row) => [row.fence, row]))
    const texts = []
    for (const { fence, worker, v } of job.applied) {
      const row = rows.get(fence)
      if (row?.outcome !== v.move || row.worker !== worker)
        texts.push(
          `${v.move} of fence ${fence} by ${worker} was applied, the dump says ${row ? `${row.outcome} by ${row.worker}` : 'nothing'}`,
        )
      else if (!finalMoves[v.move] || wasRevived(job)) continue
      else if (dump.state !== finalMoves[v.move])
        texts.push(`${v.move} of fence ${fence} was applied, and the job is ${dump.state}`)
      else if (v.move === 'complete' && dump.result !== v.result)
        texts.push(`fence ${fence} completed with ${v.result}, the dump has ${dump.result}`)
    }
    return texts
  },

  'stale-write'(job) {
    const rows = new Map(job.attempts.map((row) => [row.fence, row]))
    const dump = job.dump[0]?.v
    // Two attempts may say the same, and of the one that the dump has the answer may have been lost.
    const isWritten = ({ fence, worker, v }) =>
      rows.get(fence)?.worker === worker && rows.get(fence).outcome === v.move
    const texts = []
    for (const event of job.settle) {
      if (!ok(event) || (event.outcome !== 'stale' && event.outcome !== 'gone')) continue
      if (isWritten(event))
        texts.push(
          `${event.v.move} of fence ${event.fence} by ${event.worker} was answered ${event.outcome}, and the dump has it`,
        )
      else if (
        event.v.result !== undefined &&
        event.v.result === dump?.result &&
        !job.settle.some((other) => other.v.result === event.v.result && isWritten(other))
      )
        texts.push(`the dump has the result of fence ${event.fence}, which was answered ${event.outcome}`)
    }
    return texts
  },

  final(job) {
    if (wasRevived(job)) return []
    const ended = Math.min(
      ...job.applied.filter((event) => finalMoves[event.v.move]).map((event) => event.fence),
    )
    const later = [...job.claims, ...job.attempts].filter((one) => one.fence > ended)
    return later
      .slice(0, 1)
      .map((one) => `fence ${ended} made it final, and fence ${one.fence} was claimed after it`)
  },

  'early-run'(job) {
    const rows = job.attempts
    const starts = [...job.claims.map(({ fence, v }) => ({ fence, startedAt: v.startedAt })), ...rows]
    const hurried = asked(job, 'promote') || wasRevived(job)
    if (hurried) return []
    const times = job.enqueue.flatMap(({ v }) => [
      v.runAt,
      v.delayMs === undefined ? undefined : (job.dump[0]?.v.createdAt ?? -Infinity) + v.delayMs,
    ])
    const notBefore = Math.max(...times.filter((at) => at !== undefined))
    const texts = starts
      .filter(({ startedAt }) => startedAt < notBefore)
      .map(({ fence, startedAt }) => `fence ${fence} started at ${startedAt}, not to run before ${notBefore}`)
    for (const { fence, v } of job.applied) {
      const row = rows.find((one) => one.fence === fence)
      const next = rows.find((one) => one.fence > fence)
      if (row && next && next.startedAt < row.endedAt + (v.delayMs ?? 0))
        texts.push(
          `fence ${next.fence} started at ${next.startedAt}, ${v.delayMs} ms after ${row.endedAt} was asked for`,
        )
    }
    return texts
  },

  charged(job) {
    const dump = job.dump[0]?.v
    if (!dump) return []
    const rows = job.attempts
    const tally = (test) => rows.filter(test).length
    const begun = new Set(job.start.map(({ fence }) => fence))
    const lapses = rows.filter((row) => row.outcome === 'lapse')
    // A job that was lost before and had not begun when it was lost again is innocent.
    const certain = lapses.filter(({ fence }, i) => i === 0 || begun.has(fence)).length
    const expected = {
      attempt: rows.length + (dump.state === 'running' ? 1 : 0),
      losses: Math.min(Math.max(dump.losses, certain), lapses.length),
      failures: tally(
        (row) =>
          row.outcome === 'retry' ||
          (row.outcome === 'bury' && (row.reason === 'exhausted' || row.reason === 'expired')),
      ),
    }
    const fields = wasRevived(job) ? ['attempt', 'losses'] : ['attempt', 'losses', 'failures']
    return fields
      .filter((field) => dump[field] !== expected[field])
      .map((field) => `${field} is ${dump[field]}, the history of attempts says ${expected[field]}`)
  },
}

const saying = ({ worker, v }) => `${v.move} by ${worker}${v.result === undefined ? '' : ` with ${v.result}`}`

/** From when to when a lease was certainly alive. */
function span(claim, job, { beats, ends, sentAt }) {
  const { fence, worker } = claim
  const from = claim.at
  let to = from
  for (const beat of beats.get(worker) ?? []) {
    const until = sentAt(beat) + BigInt(Math.floor((beat.v.ttlMs ?? 0) * 1e6))
    if (until > to) to = until
  }
  const stops = [
    ...job.settle
      .filter((event) => event.fence === fence && event.worker === worker)
      .map((event) => event.at),
    ...(ends.get(worker) ?? []).map((event) => event.at),
  ]
  for (const stop of stops) if (stop < to) to = stop
  return { fence, worker, from, to }
}
