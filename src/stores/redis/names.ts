import type { Names } from '../../store/index.ts'
import { rowsOf, textOf } from './row.ts'
import type { Run } from './script.ts'

/** Names that stand for one value each: see names.lua. What is taken is a change, and confirmed as such. */
export const namesWith = (run: Run, confirmed: Run): Names => ({
  async take(asked) {
    if (asked.length === 0) return []
    const args = asked.flatMap(({ name, value, instead }) => [name, value, instead ?? ''])
    return rowsOf(await confirmed('names', 'take', ...args)).map((row) => {
      const [value, agoMs] = rowsOf(row)
      return { value: textOf(value), agoMs: Number(agoMs) }
    })
  },
  async drop(names, unusedMs) {
    if (names.length === 0) return
    await run('names', 'drop', unusedMs, ...names.flatMap(({ name, value }) => [name, value]))
  },
  async unused(unusedMs, limit) {
    const texts = rowsOf(await run('names', 'unused', unusedMs, limit)).map(textOf)
    return Array.from({ length: texts.length / 2 }, (_, i) => ({
      name: texts[2 * i] as string,
      value: texts[2 * i + 1] as string,
    }))
  },
})
