export type * from './changes.ts'
export type * from './contract.ts'
export { faulty, type Fault } from './faulty.ts'
