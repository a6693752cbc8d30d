/** How a process ended, for the history of the jobs that it held. */
export function causeOf(code: number | null, signal: NodeJS.Signals | null): string {
  // A shell between us and the process tells a signal as 128 and its number.
  const known = signal ?? fromShell[code ?? -1]
  const why = known && meanings[known]
  return `${signal ? `killed by ${signal}` : `exit code ${code}`}${why ? ` (${why})` : ''}`
}

const fromShell: Readonly<Record<number, NodeJS.Signals>> = { 134: 'SIGABRT', 137: 'SIGKILL', 139: 'SIGSEGV' }

const meanings: { readonly [S in NodeJS.Signals]?: string } = {
  SIGABRT: 'out of memory, or native code gave up',
  SIGKILL: 'by hand, or by the system when memory ran out',
  SIGSEGV: 'native code crashed',
  SIGBUS: 'native code crashed',
  SIGILL: 'native code crashed',
}
