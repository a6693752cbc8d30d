import type { Port } from './port.ts'

/** One connection for all partitions of a store: it is made with the first that opens, and ends with the last that closes. */
export function sharedPort(make: () => Promise<Port>, channels: readonly string[]): () => Promise<Port> {
  let made: Promise<Port> | undefined
  let connecting: Promise<void> | undefined
  let users = 0
  const hearers = new Map<string, () => void>()
  let unsubscribe: (() => Promise<void>) | undefined
  return async () => {
    users += 1
    made ??= make()
    const port = await made.catch((error: unknown) => {
      users -= 1
      made = undefined
      throw error
    })
    let isOpen = true
    return {
      ...port,
      connect: () =>
        (connecting ??= port.connect().catch((error: unknown) => {
          connecting = undefined
          throw error
        })),
      subscribe([own = ''], hear) {
        hearers.set(own, () => hear(own))
        unsubscribe ??= port.subscribe(channels, (channel) => hearers.get(channel)?.())
        return async () => {
          hearers.delete(own)
          if (hearers.size > 0) return
          const end = unsubscribe
          unsubscribe = undefined
          await end?.()
        }
      },
      async close() {
        if (!isOpen) return
        isOpen = false
        users -= 1
        if (users > 0) return
        made = connecting = undefined
        await port.close()
      },
    }
  }
}
