import { nearest, StoreError } from './job/errors.ts'
import type { Store } from './store/index.ts'

const schemes = ['sqlite', 'file', 'memory']

/**
 * The store that a path or URL names, not yet opened: `memory:`, `sqlite:PATH`, `file:PATH` or a plain path.
 * Each engine is loaded only when it is named. @throws {StoreError} LW1008 for an unknown scheme.
 */
export async function openStore(
  where: string = process.env['LEGWORK_URL'] || './.legwork/jobs.db',
): Promise<Store> {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(where) ?? [undefined, 'sqlite', where]
  switch (scheme?.toLowerCase()) {
    case 'memory':
      return (await import('./stores/memory/index.ts')).memory()
    case 'sqlite':
    case 'file':
      return (await import('./stores/sqlite/index.ts')).sqlite(pathOf(rest ?? ''))
    default: {
      const near = nearest(scheme ?? '', schemes)
      throw new StoreError(
        'LW1008',
        `the store URL ${mask(where)} has the scheme "${scheme}", which this version does not know${near ? ` (did you mean ${near}:?)` : ''}. Known: a path, sqlite:PATH, memory:.`,
      )
    }
  }
}

/** `sqlite:///abs/x.db` and `sqlite:rel/x.db` both mean what they look like. */
const pathOf = (rest: string): string => decodeURIComponent(rest.startsWith('//') ? rest.slice(2) : rest)

/** A URL without its password, for messages. */
export const mask = (url: string): string => url.replace(/\/\/([^/@:]*):[^/@]*@/, '//$1:***@')
