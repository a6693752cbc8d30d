import type { Fit } from './fitting.ts'

/** From so many calls on, those that are made or under way, a batch is one share of them: the store works on one while the next is made. */
const sharedFrom = 32

/**
 * Joins calls that are made at the same time into one: while a batch is under way the next gathers, so a busy
 * producer pays one commit for many jobs and an idle one waits for nothing. There is no timer. At most `abreast` batches are
 * under way at a time.
 */
export function coalesce<Item, Answer>(
  flush: (items: readonly Item[]) => Promise<readonly Answer[]>,
  { fit, abreast = () => 1 }: { readonly fit: Fit<Item>; readonly abreast?: () => number },
): (item: Item) => Promise<Answer> {
  interface Waiting {
    readonly item: Item
    resolve(answer: Answer): void
    reject(error: unknown): void
  }
  let waiting: Waiting[] = []
  let isArmed = false
  let batches = 0
  let underWay = 0

  /** One turn of the event loop later, so that a loop of calls lands in one batch. */
  function arm(): void {
    if (isArmed || waiting.length === 0 || batches >= abreast()) return
    isArmed = true
    setImmediate(() => {
      isArmed = false
      while (waiting.length > 0 && batches < abreast()) void send(waiting.splice(0, fit(waiting, share())))
    })
  }

  function share(): number {
    const calls = waiting.length + underWay
    return calls < sharedFrom ? waiting.length : Math.ceil(calls / abreast())
  }

  async function send(batch: readonly Waiting[]): Promise<void> {
    batches += 1
    underWay += batch.length
    try {
      const answers = await flush(batch.map(({ item }) => item))
      batch.forEach((one, i) => one.resolve(answers[i] as Answer))
    } catch (error) {
      for (const one of batch) one.reject(error)
    }
    batches -= 1
    underWay -= batch.length
    arm()
  }

  return (item) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      arm()
    })
}
