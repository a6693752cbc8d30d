/** What a code means. */
export interface Entry {
  readonly title: string
  readonly why: string
  readonly fix: string
}

export const entry = (title: string, why: string, fix: string): Entry => ({ title, why, fix })
