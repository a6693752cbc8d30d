import { custom, task, unchecked } from 'legwork'

/** Work of every temper: most of it quick and good, some slow, some that fails, snoozes or gives up. */
export const chore = task('torture.chore', {
  input: unchecked(),
  retry: { attempts: 25, backoff: custom((failures) => 20 * failures) },
})

/** What job number `i` does; a plain function of its number, so that a repeated enqueue says the same. */
export function temper(i) {
  const dice = (i * 2_654_435_761) % 1_000
  const ms = dice % 10 === 0 ? 300 + (dice % 200) : 80 + (dice % 120)
  if (dice < 40) return { i, ms, fails: 1 + (dice % 3) }
  if (dice < 55) return { i, ms, snoozes: 1 }
  if (dice < 60) return { i, ms, dies: true }
  return { i, ms }
}
