// What raw engines do about calls that come at the same time.

/** Calls of one turn of the event loop share a commit, or a script. */
export function sharing(write) {
  let waiting = []
  return (data) =>
    new Promise((resolve, reject) => {
      waiting.push({ data, resolve })
      if (waiting.length > 1) return
      setImmediate(() => {
        const batch = waiting
        waiting = []
        write(batch.map((one) => one.data)).then(() => batch.forEach((one) => one.resolve()), reject)
      })
    })
}
