// An independent reading of cron expressions and of changes of the clocks. It imports nothing from src/ and no cron
// library: it looks at every minute, or second, one after the other, asks Intl what a wall clock shows, and says whether
// a schedule fires.

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const nicknames = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
}

/** Reads an expression: sets of numbers, and a rule for days. */
export function readCron(expression) {
  const fields = (nicknames[expression] ?? expression).split(' ')
  if (fields.length === 5) fields.unshift('0')
  const [second, minute, hour, day, month, weekday] = fields
  const isAnd = weekday.startsWith('+')
  return {
    seconds: numbers(second, 0, 59),
    minutes: numbers(minute, 0, 59),
    hours: numbers(hour, 0, 23),
    months: numbers(named(month, monthNames, 1), 1, 12),
    isDay: dayRule(day, weekday.replace('+', ''), isAnd),
    isHourly: hour === '*',
  }
}

const named = (field, names, first) =>
  field.toLowerCase().replace(/[a-z]{3}/g, (name) => {
    const at = names.indexOf(name)
    return at < 0 ? name : String(at + first)
  })

function numbers(field, low, high) {
  const found = new Set()
  for (const part of field.split(',')) {
    const [range, step = '1'] = part.split('/')
    const [from, to = from] = range === '*' || range === '?' ? [low, high] : range.split('-').map(Number)
    for (let n = from; n <= to; n += Number(step)) found.add(n)
  }
  return found
}

/** Whether a date counts: both fields given means either, or both with a plus. */
function dayRule(day, weekday, isAnd) {
  const isStar = (field) => field === '*' || field === '?'
  const byDay = isStar(day) ? undefined : dayOfMonthRule(day)
  const byWeekday = isStar(weekday) ? undefined : weekdayRule(weekday)
  if (!byDay && !byWeekday) return () => true
  if (!byDay) return byWeekday
  if (!byWeekday) return byDay
  return isAnd ? (date) => byDay(date) && byWeekday(date) : (date) => byDay(date) || byWeekday(date)
}

const daysIn = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate()
const weekdayOf = (year, month, day) => new Date(Date.UTC(year, month - 1, day)).getUTCDay()

function dayOfMonthRule(field) {
  const rules = field.split(',').map((part) => {
    if (part === 'L') return ({ year, month, day }) => day === daysIn(year, month)
    if (part === 'LW')
      return ({ year, month, day }) => day === nearestWorkday(year, month, daysIn(year, month))
    const near = /^(\d+)W$/.exec(part)
    if (near)
      return ({ year, month, day }) =>
        Number(near[1]) <= daysIn(year, month) && day === nearestWorkday(year, month, Number(near[1]))
    const days = numbers(part, 1, 31)
    return ({ day }) => days.has(day)
  })
  return (date) => rules.some((rule) => rule(date))
}

/** Monday to Friday, nearest to a day, never in another month. */
function nearestWorkday(year, month, day) {
  const weekday = weekdayOf(year, month, day)
  if (weekday === 6) return day > 1 ? day - 1 : day + 2
  if (weekday === 0) return day < daysIn(year, month) ? day + 1 : day - 2
  return day
}

function weekdayRule(field) {
  const rules = named(field, dayNames, 0)
    .split(',')
    .map((part) => {
      const [which, nth] = part.includes('#')
        ? part.split('#')
        : [part.replace(/l$/i, ''), /l$/i.test(part) ? 'L' : undefined]
      const days = new Set([...numbers(which, 0, 7)].map((n) => n % 7))
      if (nth === undefined) return ({ weekday }) => days.has(weekday)
      if (nth.toUpperCase() === 'L')
        return ({ year, month, day, weekday }) => days.has(weekday) && day + 7 > daysIn(year, month)
      return ({ day, weekday }) => days.has(weekday) && Math.ceil(day / 7) === Number(nth)
    })
  return (date) => rules.some((rule) => rule(date))
}

/**
 * Every slot in [from, to) of each schedule, by looking at every `stepMs`. A schedule is `{ cron, gap, repeat }`.
 * All share one walk, for asking what a clock shows is what takes the time.
 */
export function walkSlots(zone, schedules, { from, to, stepMs = 60_000 }) {
  const rules = schedules.map((one) => ({ ...one, ...readCron(one.cron), slots: [] }))
  const ofMinute = Array.from({ length: 60 }, (_, n) => rules.filter(({ minutes }) => minutes.has(n)))
  const show = wallClock(zone)
  let before = show(from - stepMs)
  let recent = []
  for (let at = from; at < to; at += stepMs) {
    const wall = show(at)
    const lost = wall - before > stepMs ? wallTimes(before + stepMs, wall, stepMs).map(partsOf) : []
    if (wall - before < stepMs) recent = wallTimes(wall, before + stepMs, stepMs)
    const isAgain = recent.includes(wall)
    const parts = partsOf(wall)
    for (const rule of ofMinute[parts.minute])
      if (fires(rule, parts) && (!isAgain || rule.isHourly || rule.repeat === 'both')) rule.slots.push(at)
    if (lost.length > 0)
      for (const rule of rules)
        if (
          !rule.isHourly &&
          rule.gap === 'next' &&
          rule.slots.at(-1) !== at &&
          lost.some((time) => fires(rule, time))
        )
          rule.slots.push(at)
    before = wall
  }
  return rules.map(({ slots }) => slots)
}

function wallTimes(from, to, stepMs) {
  const times = []
  for (let wall = from; wall < to; wall += stepMs) times.push(wall)
  return times
}

let partsAt = Number.NaN
let parts
/** What a wall clock shows, as numbers; the date of a day is read once. */
function partsOf(wall) {
  const day = Math.floor(wall / 86_400_000)
  if (day !== partsAt) {
    const date = new Date(wall)
    const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
    parts = { year, month, day: dayOfMonth, weekday: date.getUTCDay() }
    partsAt = day
  }
  const seconds = Math.floor(wall / 1_000) - day * 86_400
  return {
    date: parts,
    hour: Math.floor(seconds / 3_600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
  }
}

function fires(rule, { date, hour, minute, second }) {
  return (
    rule.minutes.has(minute) &&
    rule.hours.has(hour) &&
    rule.seconds.has(second) &&
    rule.months.has(date.month) &&
    rule.isDay(date)
  )
}

/** Between two asked instants that lie so close, and that show the same distance, no clock was changed. */
const askedMs = 900_000

/**
 * The wall clock of a zone at an instant, as if it showed UTC. Intl is asked every quarter of an hour; where the clock did
 * not run evenly through one, at every instant of it.
 */
function wallClock(zone) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  const ask = (at) => {
    // Of the form 29/03/2026, 02:30:00.
    const text = format.format(at)
    const n = (from, to) => Number(text.slice(from, to))
    return Date.UTC(n(6, 10), n(3, 5) - 1, n(0, 2), n(12, 14), n(15, 17), n(18, 20))
  }
  let [startAt, startWall, isEven] = [Number.NaN, 0, false]
  return (at) => {
    const quarter = Math.floor(at / askedMs) * askedMs
    if (quarter !== startAt) {
      ;[startAt, startWall] = [quarter, ask(quarter)]
      isEven = ask(quarter + askedMs) - startWall === askedMs
    }
    return isEven ? startWall + (at - startAt) : ask(at)
  }
}
