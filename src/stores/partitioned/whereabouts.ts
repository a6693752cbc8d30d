import type { Store } from '../../store/index.ts'
import { all, type Part } from './part.ts'

/** In which partition jobs are, as far as this process has heard. */
export interface Whereabouts {
  note(id: string, part: number): void
  of(id: string): number | undefined
  forget(id: string): void
  /** Asks the part that has each job; where that is not known, or no longer true, all of them. */
  ask<Item, Answer>(items: readonly Item[], how: Asking<Item, Answer>): Promise<Answer[]>
}

export interface Asking<Item, Answer> {
  idOf(item: Item): string
  ask(store: Store, items: readonly Item[], part: Part): Promise<readonly Answer[]>
  /** The part knows no such job. */
  isMissing(answer: Answer): boolean
  /** How long a part that says nothing is waited for. */
  readonly patienceMs?: number
}

/** Of so many jobs it is remembered, the latest. */
const remembered = 20_000

export function whereaboutsOf(parts: readonly Part[]): Whereabouts {
  const known = new Map<string, number>()
  const note = (id: string, part: number): void => {
    known.delete(id)
    known.set(id, part)
    if (known.size > remembered) known.delete(known.keys().next().value as string)
  }

  async function ask<Item, Answer>(items: readonly Item[], how: Asking<Item, Answer>): Promise<Answer[]> {
    const answers: Answer[] = []
    const { idOf, isMissing, patienceMs } = how
    const at = items.map((item) => known.get(idOf(item)))
    const sure = parts.filter(({ index }) => at.includes(index))
    const places = (of: number) => items.flatMap((_, i) => (at[i] === of ? [i] : []))
    const askOne = async (store: Store, part: Part) => {
      const mine = places(part.index)
      const told = await how.ask(
        store,
        mine.map((i) => items[i] as Item),
        part,
      )
      told.forEach((answer, n) => (answers[mine[n] as number] = answer))
    }
    await all(sure, askOne, patienceMs)
    const open = items.flatMap((_, i) => (at[i] === undefined || isMissing(answers[i] as Answer) ? [i] : []))
    for (const i of open) known.delete(idOf(items[i] as Item))
    if (open.length > 0) await search(items, open, { how, answers, at })
    return answers
  }

  /** Asks every part that was not asked; a part that is away is none where another one has the job. */
  async function search<Item, Answer>(
    items: readonly Item[],
    open: readonly number[],
    { how, answers, at }: Search<Item, Answer>,
  ): Promise<void> {
    const found = new Set<number>()
    const ends = await Promise.allSettled(
      parts.map((part) =>
        part.call(async (store) => {
          const mine = open.filter((i) => at[i] !== part.index)
          if (mine.length === 0) return
          const told = await how.ask(
            store,
            mine.map((i) => items[i] as Item),
            part,
          )
          told.forEach((answer, n) => {
            const i = mine[n] as number
            if (found.has(i)) return
            answers[i] = answer
            if (how.isMissing(answer)) return
            found.add(i)
            note(how.idOf(items[i] as Item), part.index)
          })
        }, how.patienceMs),
      ),
    )
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed && found.size < open.length) throw failed.reason
  }

  return { note, of: (id) => known.get(id), forget: (id) => void known.delete(id), ask }
}

interface Search<Item, Answer> {
  readonly how: Asking<Item, Answer>
  readonly answers: Answer[]
  readonly at: readonly (number | undefined)[]
}
