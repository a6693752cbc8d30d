import { showMs } from '../job/duration.ts'
import type { When } from '../job/schedule.ts'

/** When, in words where they are simple, else the expression as it was written; always with the zone. */
export function describeWhen(when: When): string {
  if ('everyMs' in when) return `every ${showMs(when.everyMs)}`
  const words = inWords(when.cron)
  return `${words ?? when.cron}, ${when.tz}`
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const nicknames: Readonly<Record<string, string>> = {
  '@hourly': 'every hour',
  '@daily': 'daily at 00:00',
  '@midnight': 'daily at 00:00',
  '@weekly': 'Sundays at 00:00',
  '@monthly': 'on day 1 of each month at 00:00',
  '@yearly': 'on 1 January at 00:00',
  '@annually': 'on 1 January at 00:00',
}

function inWords(cron: string): string | undefined {
  const nickname = nicknames[cron.toLowerCase()]
  if (nickname) return nickname
  const fields = cron.split(/\s+/)
  const [second, minute, hour, day, month, weekday] = fields.length === 5 ? ['0', ...fields] : fields
  const often = oftenWords(second as string, minute as string, hour as string)
  const date = dateWords(day as string, month as string, weekday as string)
  if (often && date === 'daily') return often
  const isTime = [second, minute, hour].every((field) => /^\d+$/.test(field as string))
  if (!isTime || !date) return undefined
  const pad = (text: string | undefined): string => (text ?? '').padStart(2, '0')
  return `${date} at ${pad(hour)}:${pad(minute)}${second === '0' ? '' : `:${pad(second)}`}`
}

function oftenWords(second: string, minute: string, hour: string): string | undefined {
  const step = (field: string): number | undefined => {
    const found = /^\*(?:\/(\d+))?$/.exec(field)
    return found ? Number(found[1] ?? 1) : undefined
  }
  const each = (n: number, unit: string): string => (n === 1 ? `every ${unit}` : `every ${n} ${unit}s`)
  const [s, m, h] = [step(second), step(minute), step(hour)]
  if (s !== undefined) return m === 1 && h === 1 ? each(s, 'second') : undefined
  if (m !== undefined) return second === '0' && h === 1 ? each(m, 'minute') : undefined
  if (h === undefined || second !== '0' || !/^\d+$/.test(minute)) return undefined
  return minute === '0' ? each(h, 'hour') : `${each(h, 'hour')} at minute ${minute}`
}

function dateWords(day: string, month: string, weekday: string): string | undefined {
  const isStar = (field: string): boolean => field === '*' || field === '?'
  if (!isStar(month)) return undefined
  if (isStar(day) && isStar(weekday)) return 'daily'
  if (isStar(weekday)) {
    if (day === 'L') return 'on the last day of each month'
    return /^\d+$/.test(day) ? `on day ${day} of each month` : undefined
  }
  if (!isStar(day)) return undefined
  if (/^(1-5|mon-fri)$/i.test(weekday)) return 'Monday to Friday'
  const named = days.find((name) => name.slice(0, 3).toLowerCase() === weekday.toLowerCase())
  const name = named ?? (/^[0-7]$/.test(weekday) ? days[Number(weekday) % 7] : undefined)
  return name && `${name}s`
}
