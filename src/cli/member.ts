import { codeOf, exitOf, exits, messageOf } from './exit.ts'
import { loadApp } from './load-app.ts'
import { startOptions, type WorkOptions } from './work.ts'

/** What a process of a crew tells its supervisor. Marked, for the user's code may use the same channel. */
export type FromMember =
  | { readonly legwork: 'registered'; readonly worker: string }
  | { readonly legwork: 'ready' }
  | { readonly legwork: 'refused'; readonly code?: string; readonly message: string }

/** What a supervisor asks of a process of its crew. */
export type ToMember = { readonly legwork: 'stop' | 'hurry' }

/**
 * Runs one worker for a supervisor. Ctrl-C reaches every process of a terminal and the supervisor passes it
 * on, so signals only start the gentle end here, and hurrying is the supervisor's to say. Ends when it is gone.
 */
export async function workAsMember(file: string | undefined, options: WorkOptions): Promise<number> {
  const tell = (message: FromMember) =>
    void (process.connected && process.send?.(message, undefined, undefined, () => {}))
  try {
    const { app } = await loadApp(file, options)
    const hurry = new AbortController()
    const ended = new Promise<number>((resolve, reject) => {
      const stop = () =>
        void app
          .stop({ hurry: hurry.signal, ...(options.grace !== undefined && { grace: options.grace }) })
          .then(() => resolve(exits.ok), reject)
      process.on('SIGTERM', stop).on('SIGINT', stop).on('disconnect', stop)
      // The supervisor may have died while the app was loaded; nobody says so a second time.
      if (!process.connected) stop()
      process.on('message', ({ legwork }: ToMember) => {
        if (legwork === 'hurry') hurry.abort()
        if (legwork === 'hurry' || legwork === 'stop') stop()
      })
    })
    // Told before the first claim, so that no job is held by a worker that the supervisor has not heard of.
    await app.start({
      ...startOptions(options),
      onRegister: (worker) => tell({ legwork: 'registered', worker }),
    })
    tell({ legwork: 'ready' })
    return await ended
  } catch (error) {
    const code = codeOf(error)
    // A stop during the start.
    if (code === 'LW1006') return exits.ok
    tell({
      legwork: 'refused',
      ...(code && { code }),
      message: messageOf(error),
    })
    return code ? exitOf(code) : exits.failed
  }
}
