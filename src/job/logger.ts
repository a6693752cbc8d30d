/** Where the library reports what a person should know; a pino logger fits. */
export interface Logger {
  debug(data: object, message: string): void
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
}

/** The same logger, but one that cannot hurt its caller: what it throws, or rejects with, goes nowhere. */
export function calm(logger: Logger): Logger {
  const safely = (level: keyof Logger) => (data: object, message: string) => {
    try {
      const answer: unknown = logger[level](data, message)
      if (answer instanceof Promise) answer.catch(() => {})
    } catch {
      // There is nobody left to tell.
    }
  }
  return { debug: safely('debug'), info: safely('info'), warn: safely('warn'), error: safely('error') }
}
