#!/usr/bin/env node
import { execute } from './program.ts'
import { terminalOf } from './terminal.ts'

const terminal = terminalOf(process)
const code = await execute(process.argv.slice(2), terminal)
await terminal.flush()
// An app's own handles (a database pool, a server) must not keep a finished command alive.
process.exit(code)
