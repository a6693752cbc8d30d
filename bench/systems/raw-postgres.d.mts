import type { Open } from './system.mjs'

export const open: Open
