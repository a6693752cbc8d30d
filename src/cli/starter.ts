/** Which first file is written. */
export interface Kind {
  /** `ts`, `js`, or `mts` and `mjs` in a package that is no ES module. */
  readonly extension: 'ts' | 'js' | 'mts' | 'mjs'
  /** zod is there, so the input is checked and not only typed. */
  readonly hasZod: boolean
}

/** The first tasks file of a project: one task, its handler, and how to enqueue it. */
export const starter = ({ extension, hasZod }: Kind): string => `${imports(hasZod)}

/** A kind of work: what goes in, what comes out. Import it wherever you enqueue. */
export const hello = task('hello', {
${schemas(extension, hasZod)}
})

/** Jobs are kept in ./.legwork/jobs.db, unless LEGWORK_URL says otherwise. */
export const app = legwork()

/** How it is done. A job may run again after a crash, so a handler should be safe to repeat. */
app.handle(hello, async ({ input, log }) => {
  log.info(\`greeting \${input.name}\`)
  return \`Hello \${input.name}\`
})

// In your own code, in any process on this machine:
//
//   import { app, hello } from './jobs.${extension}'
//
//   const job = await app.enqueue(hello, { name: 'Ada' })
//   console.log(await job.result())
`

const imports = (hasZod: boolean): string =>
  hasZod
    ? `${use('legwork, task', 'legwork')}\n${use('z', 'zod')}`
    : use('legwork, task, unchecked', 'legwork')

const use = (names: string, from: string): string => `import { ${names} } from ${quoted(from)}`
const quoted = (text: string): string => `'${text}'`

function schemas(extension: Kind['extension'], hasZod: boolean): string {
  if (hasZod) return '  input: z.object({ name: z.string() }),\n  output: z.string(),'
  const type = extension.endsWith('ts') ? '<{ name: string }>' : ''
  return `  // Not checked. A schema of zod, valibot or arktype refuses bad input before anything is stored.\n  input: unchecked${type}(),`
}
