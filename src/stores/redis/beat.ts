import { processOf } from '../../job/elsewhere.ts'
import type { Beat, Beaten } from '../../store/contract.ts'
import { listed, parsed } from './row.ts'
import type { Run } from './script.ts'

/** Says once that a worker lives. */
export async function beat(run: Run, { worker, ttlMs, about, ending }: Beat): Promise<Beaten> {
  const ranOn = about ? processOf(about) : ''
  const tells = about?.tellsBegin ? '1' : '0'
  const what = about ? JSON.stringify(about) : ''
  const reply = await run('beat', worker, ttlMs, what, ranOn, tells, ending ? '1' : '0')
  const { cancels, ...beaten } = parsed<Omit<Beaten, 'cancels'> & { cancels?: Beaten['cancels'] | object }>(
    reply,
  )
  return { ...beaten, cancels: listed(cancels) }
}
