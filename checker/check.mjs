#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { index, read } from './history.mjs'
import { rules } from './rules.mjs'

export { read }

/** Every broken rule, with the history of the job it concerns. Empty: the store kept its promises in this history. */
export function check(events) {
  const history = index(events)
  const violations = [...checkHistory(events, history), ...checkCounters(history)]
  for (const job of history.jobs.values()) {
    for (const [rule, broken] of Object.entries(rules)) {
      for (const says of broken(job, history)) violations.push({ rule, job: job.id, says, history: job.all })
    }
  }
  return violations
}

/** The names of all rules. */
export const ruleNames = ['history', 'counters', ...Object.keys(rules)]

function checkHistory(events, { jobs, counts }) {
  const missing = []
  if (events.length === 0) missing.push('there is no event')
  if (![...jobs.values()].some((job) => job.dump.length > 0)) missing.push('no job is dumped')
  if (counts.length === 0) missing.push('no counts are dumped')
  return missing.map((says) => ({ rule: 'history', says, history: [] }))
}

function checkCounters({ jobs, counts }) {
  const counted = new Map()
  for (const { dump } of jobs.values()) {
    for (const { v } of dump)
      counted.set(`${v.queue} ${v.state}`, (counted.get(`${v.queue} ${v.state}`) ?? 0) + 1)
  }
  const told = new Map()
  for (const { v } of counts)
    for (const [state, n] of Object.entries(v.states)) if (n !== 0) told.set(`${v.queue} ${state}`, n)
  const keys = [...new Set([...counted.keys(), ...told.keys()])].sort()
  return keys
    .filter((key) => (counted.get(key) ?? 0) !== (told.get(key) ?? 0))
    .map((key) => ({
      rule: 'counters',
      says: `${key}: counted ${counted.get(key) ?? 0}, told ${told.get(key) ?? 0}`,
      history: [],
    }))
}

/** Figures of a history: what was tried, what was answered, what was done to the processes. */
export function summary(events) {
  const figures = { events: events.length, processes: new Set(events.map((event) => event.proc)).size }
  const add = (name) => {
    figures[name] = (figures[name] ?? 0) + 1
  }
  for (const { f, ty, outcome, job, v } of events) {
    if (f === 'kill') add(`kill ${v?.signal}`)
    else if (f === 'dump') add(job === undefined ? 'dumped queues' : `dumped ${v.state}`)
    else if (f === 'claim' && ty === 'ok') add(job === undefined ? 'claim empty' : 'claim job')
    else if (ty === 'ok') add(outcome === undefined ? f : `${f} ${outcome}`)
    else if (ty === 'info' || ty === 'fail') add(`${f} ${ty}`)
  }
  return figures
}

async function main(files) {
  if (files.length === 0) {
    console.error('usage: node checker/check.mjs FILE.ndjson ...')
    return 2
  }
  const events = await read(files)
  for (const [name, n] of Object.entries(summary(events))) console.log(`${String(n).padStart(10)}  ${name}`)
  const violations = check(events)
  for (const { rule, job, says, history } of violations.slice(0, 20)) {
    console.log(`\n${rule}${job === undefined ? '' : ` · job ${job}`}: ${says}`)
    for (const { at: _at, v, ...event } of history.slice(0, 60))
      console.log(`    ${JSON.stringify({ ...event, v })}`)
  }
  console.log(
    `\n${violations.length === 0 ? 'no violation' : `${violations.length} violations (the first 20 above)`} of ${ruleNames.length} rules`,
  )
  return violations.length === 0 ? 0 : 1
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2)).catch((error) => {
    console.error(error.message)
    return 2
  })
}
