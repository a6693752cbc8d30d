export type * from './changes.ts'
export type * from './contract.ts'
export type * from './schedules.ts'
export { faulty, type Fault } from './faulty.ts'
