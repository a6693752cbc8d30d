import { firstHalf, play } from './play.ts'

play('sqlite', firstHalf)
