// The model test at length: npm run model -- --sequences 10000
import { parseArgs } from 'node:util'
import { must, ready } from './ready.mjs'

const { values } = parseArgs({
  options: {
    sequences: { type: 'string', default: '10000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  process.stdout.write(`npm run model -- [--sequences 10000]

Plays random sequences of commands on the memory store, which is the model, and on SQLite: the same answers, the same
state. npm test plays 600 of them, npm run check 150. A failure prints its seed and the shortest sequence that fails.\n`)
  process.exit(0)
}
ready()
must(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    'fast',
    '--testTimeout=3600000',
    'test/model.test.ts',
  ],
  {
    env: { ...process.env, LEGWORK_SEQUENCES: values.sequences },
  },
)
