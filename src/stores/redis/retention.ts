import { StoreError } from '../../job/errors.ts'
import { lookBacksMs, type Sample } from '../../job/growth.ts'
import { asksBytes, boundsOf, orderedAs, showPolicy, type Standing } from '../../job/retention.ts'
import type { Store } from '../../store/index.ts'
import { parsed, rowsOf, textOf } from './row.ts'
import type { Run } from './script.ts'

/** As the scripts keep it: with what they need besides the policy. */
type Kept = Standing & { readonly bounds: unknown; readonly asksBytes: boolean }

export function retentionWith(run: Run): Store['retention'] {
  const read = async (): Promise<readonly [text: string, standing: Standing | undefined]> => {
    const text = textOf(await run('retentionGet'))
    if (text === '') return ['', undefined]
    const { bounds: _bounds, asksBytes: _asksBytes, ...standing } = JSON.parse(text) as Kept
    return [text, standing]
  }
  return {
    get: async () => (await read())[1],
    async size() {
      const [now, next, ...before] = rowsOf(await run('size', ...lookBacksMs))
      return {
        now: parsed<Sample>(now),
        before: before.map((text) => (text === '' ? undefined : parsed<Sample>(text))),
        ...(next !== '' && { nextRemovalAt: Number(next) }),
      }
    },
    async set(order) {
      const { to, by, deployedAt } = order
      for (let rounds = 0; rounds < 100; rounds++) {
        const [was, standing] = await read()
        const ordered = orderedAs(standing, order)
        if (ordered !== 'set') return ordered
        // The script fills in the instant: the first of the text.
        const next = to && {
          at: null,
          by,
          deployedAt,
          asksBytes: asksBytes(to),
          bounds: boundsOf(to),
          policy: to,
        }
        const text = next ? JSON.stringify(next) : ''
        const words = [by, to ? 'retain' : 'unretain', to ? showPolicy(to) : '']
        if ((await run('retentionSet', was, text, ...words)) === 1) return 'set'
      }
      throw new StoreError('LW1013', 'the retention was changed by others a hundred times in a row.')
    },
  }
}
