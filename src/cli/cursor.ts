import { createHash } from 'node:crypto'
import { InvalidArgumentError, Option } from 'commander'

/**
 * A store's cursor with check digits for the way through a shell: a store takes whatever it can read as a
 * place, so a mistyped one would silently give another page.
 */
export const showCursor = (cursor: string): string => `${cursor}-${digits(cursor)}`

/** An option that takes what `showCursor` gave. */
export const cursorOption = (): Option =>
  new Option('--cursor <text>', 'go on where the page before ended').argParser((text) => {
    const [, cursor = '', check] = /^(.*)-([^-]*)$/s.exec(text) ?? []
    if (check === digits(cursor)) return cursor
    throw new InvalidArgumentError('Expected the cursor that the page before ended with.')
  })

const digits = (cursor: string): string => createHash('sha256').update(cursor).digest('hex').slice(0, 4)
