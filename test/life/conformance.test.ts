// The promises whose stories kill and freeze processes, on every store that processes can share.
import { describe } from 'vitest'
import { play, withProcesses } from '../conformance/play.ts'

describe('sqlite', () => play('sqlite', withProcesses))
describe('redis', () => play('redis', withProcesses))
