import { InvalidOption } from './errors.ts'

/** Where in a value something is: `card.number`, `items.*.secret` (any field or index), `**.password` (at any depth). */
export type PathRule = string

const rulesMax = 100
const stepsMax = 32
const stepPattern = /^(?:\*\*|\*|[^.*[\]\u0000-\u001f]{1,120})$/

/** The steps of a rule; `items[0].a` is `items.0.a`. Undefined where it is no rule. */
function stepsOf(rule: unknown): readonly string[] | undefined {
  if (typeof rule !== 'string') return undefined
  const steps = rule.replace(/\[(\d+|\*)\]/g, '.$1').split('.')
  const isGood = steps.length <= stepsMax && steps.every((step) => stepPattern.test(step))
  return isGood ? steps : undefined
}

/** Rules as a person wrote them, checked. @throws {InvalidOption} LW1201 */
export function checkPaths(rules: unknown, option: string): readonly PathRule[] {
  const expected = `at most ${rulesMax} paths such as card.number, items.*.secret or **.password`
  if (!Array.isArray(rules) || rules.length > rulesMax) throw new InvalidOption(option, rules, expected)
  for (const rule of rules)
    if (!stepsOf(rule))
      throw new InvalidOption(option, rule, `a path such as card.number, items.*.secret or **.password`)
  return [...new Set(rules as string[])]
}

type Change = (found: unknown, at: readonly string[]) => unknown

/**
 * The value with every part that a rule names replaced by what `change` makes of it; parts of such a part are not
 * looked at again. One walk over the value, whatever the rules; the value itself stays as it is.
 */
export function changeAt(value: unknown, rules: readonly PathRule[], change: Change): unknown {
  const at: string[] = []
  const go = (here: unknown, stand: Stand): unknown => {
    if (stand.isThere) return change(here, [...at])
    if (typeof here !== 'object' || here === null || stand.isOver) return here
    const into = (key: string, part: unknown) => {
      at.push(key)
      const changed = go(part, stand.step(key))
      at.pop()
      return changed
    }
    if (Array.isArray(here)) return here.map((part, i) => into(`${i}`, part))
    return Object.fromEntries(Object.entries(here).map(([key, part]) => [key, into(key, part)]))
  }
  return go(value, standsOf(rules.map(stepsOf).filter((steps) => steps !== undefined)))
}

/** Where a walk stands in all its rules at once: the rules as a deterministic automaton, made as it is walked. */
interface Stand {
  /** A rule names this place. */
  readonly isThere: boolean
  /** No rule names anything below. */
  readonly isOver: boolean
  step(key: string): Stand
}

// A place in a rule as a number: which rule, and how many of its steps are behind.
const width = stepsMax + 1

function standsOf(paths: readonly (readonly string[])[]): Stand {
  const named = new Set(paths.flat())
  const known = new Map<string, Stand>()
  const stepAt = (one: number) => paths[Math.floor(one / width)]?.[one % width]
  const isEnd = (one: number) => one % width === paths[Math.floor(one / width)]?.length

  function stand(from: Iterable<number>): Stand {
    const all = new Set(from)
    // `**` may stand for no step at all.
    for (const one of all) if (stepAt(one) === '**') all.add(one + 1)
    const name = [...all].toSorted((a, b) => a - b).join()
    const made = known.get(name) ?? newStand(all)
    known.set(name, made)
    return made
  }
  function newStand(all: ReadonlySet<number>): Stand {
    const nexts = new Map<string, Stand>()
    const after = function* (key: string) {
      for (const one of all) {
        const step = stepAt(one)
        if (step === '**') yield one
        else if (step === '*' || step === key) yield one + 1
      }
    }
    return {
      isThere: [...all].some(isEnd),
      isOver: all.size === 0,
      step(key) {
        // All names that no rule has lead to the same place.
        const name = named.has(key) ? key : ''
        const next = nexts.get(name) ?? stand(after(name))
        nexts.set(name, next)
        return next
      },
    }
  }
  return stand(paths.map((_, i) => i * width))
}
