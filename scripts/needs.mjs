// What stories with real processes need besides Node: packages of Debian, installed where they are missing and this
// user may. Where they cannot be, the stories that need them fail and say what is missing.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { say } from './ready.mjs'

const needs = [
  {
    name: 'libfaketime',
    files: [
      '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
      '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
      '/usr/lib64/faketime/libfaketime.so.1',
    ],
  },
  {
    name: 'postgresql',
    files: [
      '/usr/local/bin/initdb',
      ...[18, 17, 16, 15, 14, 13].map((n) => `/usr/lib/postgresql/${n}/bin/initdb`),
    ],
  },
  { name: 'pgbouncer', files: ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'] },
  {
    name: 'redis-server',
    files: ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/usr/bin/valkey-server'],
  },
]

export function installNeeds() {
  if (process.platform !== 'linux') return
  const missing = needs.filter(({ files }) => !files.some((file) => existsSync(file))).map(({ name }) => name)
  if (missing.length === 0) return
  say(`installing ${missing.join(', ')} with apt-get, for stories with a shifted clock and with servers`)
  const apt = (args) =>
    spawnSync('apt-get', args, {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  if (apt(['install', '-y', '--no-install-recommends', ...missing]).status === 0) return
  apt(['update'])
  if (apt(['install', '-y', '--no-install-recommends', ...missing]).status !== 0)
    say(`could not: run apt-get install ${missing.join(' ')} as root`)
}
