import { play, secondHalf, some } from './play.ts'

// The daily loop plays some of every family; npm test all.
play('sqlite', process.env['LEGWORK_DAILY'] ? some : secondHalf)
