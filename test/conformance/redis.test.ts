import { play, withoutProcesses } from './play.ts'

play('redis', withoutProcesses)
