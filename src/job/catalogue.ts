import { answersCodes } from './codes/answers.ts'
import type { Entry } from './codes/entry.ts'
import { clusterCodes } from './codes/cluster.ts'
import { filesCodes } from './codes/files.ts'
import { inputCodes } from './codes/input.ts'
import { storeCodes } from './codes/store.ts'
import { workCodes } from './codes/work.ts'

export type { Entry } from './codes/entry.ts'

/** What each code means, why it happens and what to do: the text behind `legwork explain CODE`. Codes are permanent. */
export const catalogue = {
  ...storeCodes,
  ...clusterCodes,
  ...inputCodes,
  ...filesCodes,
  ...workCodes,
  ...answersCodes,
} as const satisfies Record<string, Entry>

export type Code = keyof typeof catalogue
