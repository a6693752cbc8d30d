// The promises on Postgres: those whose stories need a server, and some that kill and freeze processes beside it.
import { describe } from 'vitest'
import { play } from '../conformance/play.ts'

describe('postgres', () => play('postgres', () => true))
