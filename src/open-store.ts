import { nearest, StoreError } from './job/errors.ts'
import type { Store } from './store/index.ts'

const schemes = ['sqlite', 'file', 'memory', 'redis', 'rediss', 'postgres', 'postgresql']

/**
 * The store that a path or URL names, not yet opened: `memory:`, `sqlite:PATH`, `file:PATH`, a plain path, or
 * `redis://HOST:PORT`, `postgres://user:password@host/database?schema=NAME`.
 * Each engine is loaded only when it is named. With `migrate: 'never'` a store without the newest schema is
 * refused (LW1011) and left as it is. @throws {StoreError} LW1008 for an unknown scheme.
 */
export async function openStore(
  where: string = process.env['LEGWORK_URL'] || './.legwork/jobs.db',
  { migrate = 'auto' }: { readonly migrate?: 'auto' | 'never' } = {},
): Promise<Store> {
  const [scheme, rest] = split(where)
  switch (scheme) {
    case 'memory':
      return (await import('./stores/memory/index.ts')).memory()
    case 'sqlite':
    case 'file':
      return (await import('./stores/sqlite/index.ts')).sqlite({ path: rest, migrate })
    case 'postgres':
    case 'postgresql':
      return (await import('./stores/postgres/index.ts')).postgres({ url: where, migrate })
    case 'redis':
    case 'rediss':
      return (await import('./stores/redis/index.ts')).redis({ url: where, migrate })
    default: {
      const near = nearest(scheme, schemes)
      throw new StoreError(
        'LW1008',
        `the store URL ${mask(where)} has the scheme "${scheme}", which this version does not know${near ? ` (did you mean ${near}:?)` : ''}. Known: a path, sqlite:PATH, memory:, redis://HOST:PORT, postgres://HOST/DATABASE.`,
      )
    }
  }
}

/** The path that a URL names; `undefined` where the store is not a file. */
export function fileOf(where: string): string | undefined {
  const [scheme, rest] = split(where)
  return scheme === 'sqlite' || scheme === 'file' ? rest : undefined
}

function split(where: string): readonly [scheme: string, rest: string] {
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(where) ?? []
  // A plain path is taken as it stands, whatever it holds.
  if (scheme === undefined) return ['sqlite', where]
  const name = scheme.toLowerCase()
  return [name, name === 'sqlite' || name === 'file' ? pathOf(rest, where) : rest]
}

/** `sqlite:///abs/x.db` and `sqlite:rel/x.db` both mean what they look like. */
function pathOf(rest: string, where: string): string {
  const wrong = (what: string) =>
    new StoreError('LW1008', `the store URL ${mask(where)} ${what}. A plain path needs no encoding.`)
  if (/[?#]/.test(rest)) throw wrong('has a ? or #, and takes no options; in a path write %3F or %23')
  try {
    return decodeURIComponent(rest.startsWith('//') ? rest.slice(2) : rest)
  } catch {
    throw wrong('has a % that begins no encoded character; write %25')
  }
}

/** A URL without its password, for messages. */
export const mask = (url: string): string => url.replace(/\/\/([^/@:]*):.*@/s, '//$1:***@')
