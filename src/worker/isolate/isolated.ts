import { InvalidOption } from '../../job/errors.ts'

/** A handler that runs in a thread or process of its own. */
export interface Isolated {
  readonly kind: 'isolated'
  readonly url: string
}

/**
 * Names the module of a handler that runs in an isolate: its default export, or the one named as the task. The module is loaded
 * there, not here; what it shares with the rest of the app it must import itself. Where it runs is the task's `isolate`; a
 * process when the task does not say.
 * @throws {InvalidOption} LW1201
 * @example
 * app.handle(resize, isolated(new URL('./resize.js', import.meta.url)))
 */
export function isolated(module: URL | string): Isolated {
  const url = module instanceof URL ? module.href : module
  if (typeof url !== 'string' || !/^(file|data):/.test(url))
    throw new InvalidOption(
      'isolated',
      module,
      "the URL of a file, such as new URL('./resize.js', import.meta.url)",
    )
  return { kind: 'isolated', url }
}

export const isIsolated = (value: unknown): value is Isolated =>
  (value as Isolated | null | undefined)?.kind === 'isolated' && typeof (value as Isolated).url === 'string'
