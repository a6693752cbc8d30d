export { assertIdempotent } from './assert-idempotent.ts'
export { type Crash, type TestApp, type TestOptions, testApp } from './test-app.ts'
export { type VirtualClock, type VirtualClockOptions, virtualClock } from './virtual-clock.ts'
export { type Fault, faulty } from '../store/index.ts'
