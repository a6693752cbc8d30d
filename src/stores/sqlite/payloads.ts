import type { PayloadChange, Replaced } from '../../store/contract.ts'
import type { Engine } from './engine.ts'

export function replacePayloads(e: Engine, changes: readonly PayloadChange[]): Replaced[] {
  return changes.map(({ id, was, now }) => {
    if (e.statement('payloadReplace').get(id, was, now)) return 'done'
    return e.statement('payloadThere').get(id) ? 'changed' : 'gone'
  })
}

export function placeOf(e: Engine, walk: string): string | undefined {
  const row = e.statement('placeFind').get(`place:${walk}`) as { value: string } | undefined
  return row?.value
}

export function keepPlace(e: Engine, walk: string, place: string | null): void {
  if (place === null) e.statement('placeDrop').run(`place:${walk}`)
  else e.statement('placeKeep').run(`place:${walk}`, place)
}
