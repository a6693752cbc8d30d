import { play, secondHalf } from './play.ts'

play('sqlite', secondHalf)
