import { play, withoutProcesses } from './play.ts'

play('partitioned', withoutProcesses)
