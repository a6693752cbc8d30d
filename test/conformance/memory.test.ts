import { play, withoutProcesses } from './play.ts'

play('memory', withoutProcesses)
