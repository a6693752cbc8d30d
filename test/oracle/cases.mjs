// The zones and calendars that the oracle looks at.
export const zones = [
  'Europe/Oslo',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Pacific/Apia',
]

const expressions = [
  '30 2 * * *',
  '0 2 * * *',
  '15 2 * * *',
  '45 1 * * *',
  '0 3 * * *',
  '30 1,2 * * *',
  '*/20 0-4 * * *',
  '0 0 * * *',
  '59 23 * * *',
  '*/30 * * * *',
  '0 * * * *',
  '5,35 */2 * * *',
  '@hourly',
  '@daily',
  '@weekly',
  '@monthly',
  '@yearly',
  '0 12 L * *',
  '30 2 L * *',
  '0 9 15W * *',
  '0 9 1W * *',
  '0 9 31W * *',
  '0 9 30W 2,4 *',
  '0 9 LW * *',
  '0 8 * * MON-FRI',
  '0 8 * * 5#2',
  '0 8 * * MON#5',
  '0 8 * * 5#L',
  '30 2 * * SUN#L',
  '30 2 * 3,10 0#L',
  '0 0 29 2 *',
  '30 2 29 FEB *',
  '0 0 29 2 +1',
  '0 12 13 * 5',
  '0 12 13 * +FRI',
  '0 12 1-7 * +MON',
  '0 0 31 * *',
  '0 0 1 JAN *',
  '0 6 1,15,L * 3',
  '0 22 * 4-9/2 TUE,THU',
  '0 0 30 12 *',
  '10 0 * * 7',
]

/** Each expression under the default policy, and those of the small hours under the others. */
export const schedules = expressions.flatMap((cron) => {
  const policies = [{ gap: 'next', repeat: 'first' }]
  if (/^(30|15|45|0) [12](,2)? /.test(cron)) policies.push({ gap: 'skip', repeat: 'both' })
  return policies.map((policy) => ({ cron, ...policy }))
})

/** With seconds: looked at second by second, round the changes of the clocks only. */
export const secondly = [
  '*/15 30 2 * * *',
  '30 59 1 * * *',
  '0 */10 1-3 * * *',
  '59 59 23 L * *',
  '*/20 0 * * * *',
].map((cron) => ({ cron, gap: 'next', repeat: 'first' }))
