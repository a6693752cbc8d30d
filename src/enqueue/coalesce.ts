/**
 * Joins calls that are made at the same time into one: while one batch is under way the next gathers, so a busy
 * producer pays one commit for many jobs and an idle one waits for nothing. There is no timer.
 */
export function coalesce<Item, Answer>(
  flush: (items: readonly Item[]) => Promise<readonly Answer[]>,
  { batchMax }: { readonly batchMax: number },
): (item: Item) => Promise<Answer> {
  interface Waiting {
    readonly item: Item
    resolve(answer: Answer): void
    reject(error: unknown): void
  }
  let waiting: Waiting[] = []
  let isBusy = false

  /** One turn of the event loop later, so that a loop of calls lands in one batch. */
  const arm = () => void setImmediate(() => void drain())

  async function drain(): Promise<void> {
    const batch = waiting.splice(0, batchMax)
    try {
      const answers = await flush(batch.map(({ item }) => item))
      batch.forEach((one, i) => one.resolve(answers[i] as Answer))
    } catch (error) {
      for (const one of batch) one.reject(error)
    }
    isBusy = waiting.length > 0
    if (isBusy) arm()
  }

  return (item) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (isBusy) return
      isBusy = true
      arm()
    })
}
