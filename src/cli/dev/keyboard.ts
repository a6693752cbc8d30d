import { emitKeypressEvents } from 'node:readline'

/** Single keys of a terminal. */
export interface Keyboard {
  /** Lets `work` have the keyboard, to ask for whole lines; keys are heard again afterwards. */
  lend<T>(work: () => Promise<T>): Promise<T>
  close(): void
}

/** Hears each key by its name, `ctrl-c` among them. */
export function openKeyboard(hear: (key: string) => void): Keyboard {
  const { stdin } = process
  let isLent = false
  const take = (on: boolean): void => {
    stdin.setRawMode(on)
    if (on) stdin.resume()
    else stdin.pause()
  }
  const press = (text: string | undefined, key: { name?: string; ctrl?: boolean } | undefined): void => {
    if (!isLent) hear(key?.ctrl && key.name ? `ctrl-${key.name}` : (text ?? key?.name ?? ''))
  }
  emitKeypressEvents(stdin)
  stdin.on('keypress', press)
  take(true)
  return {
    async lend(work) {
      isLent = true
      try {
        return await work()
      } finally {
        take(true)
        isLent = false
      }
    },
    close() {
      stdin.off('keypress', press)
      take(false)
    },
  }
}
