import { join } from 'node:path'
import { env } from 'node:process'

/** Where everything of one shop lies: one folder, so that it can be copied, looked at and thrown away. */
export interface Places {
  readonly folder: string
  /** The shop's own tables. */
  readonly db: string
  /** The jobs: in the same file, so that one transaction covers both, or at the URL that `--store` names. */
  readonly jobs: string
  /** One .eml file a delivered mail. */
  readonly inbox: string
  /** Photographs as they came. */
  readonly uploads: string
  readonly thumbs: string
  /** The CSV file to import. */
  readonly areas: string
  /** A visitor's own people, where there are any. */
  readonly people: string
  /** What the story saw while it ran, for the verification. */
  readonly notes: string
}

export function placesIn(folder: string): Places {
  return {
    folder,
    db: join(folder, 'shop.db'),
    jobs: env['SHOP_JOBS'] || join(folder, 'shop.db'),
    inbox: join(folder, 'inbox'),
    uploads: join(folder, 'uploads'),
    thumbs: join(folder, 'thumbs'),
    areas: join(folder, 'areas.csv'),
    people: join(folder, 'people.json'),
    notes: join(folder, 'notes.json'),
  }
}

/** The longer side of a thumbnail, in pixels. */
export const thumbSide = 96
