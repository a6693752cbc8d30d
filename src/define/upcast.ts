import { clip, InvalidOption, InvalidPayload } from '../job/errors.ts'
import { toErrorInfo } from '../job/failure.ts'

/**
 * Makes the payload of the next version from one of this version. It runs in the worker, before the schema.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- what an old version looked like is written down nowhere any more
export type Upcaster = (old: any) => unknown

/** By the version that they take. */
export type Upcasters = Readonly<Record<number, Upcaster>>

/** @throws {InvalidOption} LW1201 for what is no version, no function, or leaves a hole on the way to `version`. */
export function checkUpcasters(upcast: unknown, version: number, option: string): Upcasters | undefined {
  if (upcast === undefined) return undefined
  if (typeof upcast !== 'object' || upcast === null || Array.isArray(upcast))
    throw new InvalidOption(
      option,
      upcast,
      'functions by the version that they take, such as { 1: (old) => … }',
    )
  const from = Object.keys(upcast).map(Number)
  for (const key of Object.keys(upcast)) {
    if (!/^[1-9]\d*$/.test(key) || Number(key) >= version)
      throw new InvalidOption(option, key, `versions below ${version}, which is the task’s`)
    const one = (upcast as Record<string, unknown>)[key]
    if (typeof one !== 'function') throw new InvalidOption(`${option}.${key}`, one, 'a function')
  }
  for (let v = Math.min(...from); v < version; v++)
    if (from.length > 0 && !from.includes(v))
      throw new InvalidOption(
        option,
        from.join(', '),
        `an upcaster of every version from the first one on: ${v} is missing`,
      )
  return upcast as Upcasters
}

/**
 * The payload as the task's version has it, one version after the other.
 * @throws {InvalidPayload} LW2008 when there is no upcaster, or one throws or gives nothing.
 */
export async function upcast(
  payload: unknown,
  [from, to]: readonly [number, number],
  { upcasters, what }: { readonly upcasters: Upcasters | undefined; readonly what: string },
): Promise<unknown> {
  let value = payload
  for (let v = from; v < to; v++) {
    const one = upcasters?.[v]
    const step = `${what} has version ${from}, and`
    if (!one)
      throw new InvalidPayload('LW2008', `${step} this worker has no upcaster from version ${v}.`, {
        version: from,
      })
    value = await tried(one, value, `${step} the upcaster from version ${v} to ${v + 1}`)
  }
  return value
}

async function tried(one: Upcaster, value: unknown, which: string): Promise<unknown> {
  let made: unknown
  try {
    made = await one(value)
  } catch (error) {
    const { name, message } = toErrorInfo(error)
    // Its cause is in the text alone: an error with a cause would be tried again.
    throw new InvalidPayload('LW2008', `${which} threw ${name}: ${clip(message, 300)}.`)
  }
  if (made === undefined) throw new InvalidPayload('LW2008', `${which} returned nothing.`)
  return made
}
