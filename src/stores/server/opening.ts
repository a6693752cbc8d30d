import { StoreError } from '../../job/errors.ts'
import type { DurabilityReport } from '../../store/contract.ts'

/** From `open` to `close`, once; an open that failed may be tried anew. */
export interface Opening {
  isOpen(): boolean
  /** @throws {StoreError} LW1006 */
  open(): Promise<DurabilityReport>
  /** No calls from here on. False where that was said before. */
  close(): boolean
  /** An open that is under way has come to its end. */
  settled(): Promise<void>
}

export function openingOf(begin: () => Promise<DurabilityReport>): Opening {
  let opening: Promise<DurabilityReport> | undefined
  let isOpened = false
  let isClosed = false
  return {
    isOpen: () => isOpened,
    async open() {
      if (isClosed) throw closed()
      try {
        opening ??= begin()
        const report = await opening
        isOpened = !isClosed
        return report
      } catch (error) {
        opening = undefined
        throw error
      }
    },
    close() {
      isOpened = false
      const isFirst = !isClosed
      isClosed = true
      return isFirst
    },
    async settled() {
      await opening?.catch(() => {})
    },
  }
}

export const closed = (): StoreError =>
  new StoreError('LW1006', 'the store is not open: it was closed, or open() was not called.')
