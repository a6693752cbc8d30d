import { actPromises, pausePromises } from './act.ts'
import { blamePromises } from './blame.ts'
import { bulkRoomPromises } from './bulk.ts'
import { cancelPromises, expirePromises } from './cancel.ts'
import { changesPromises } from './changes.ts'
import { checkpointPromises } from './checkpoint.ts'
import { claimPromises } from './claim.ts'
import { crowdCrossings } from './crossing-crowd.ts'
import { deadCrossings } from './crossing-dead.ts'
import { keyCrossings } from './crossing-keys.ts'
import { scheduleCrossings } from './crossing-schedules.ts'
import { crowdPromises } from './crowd.ts'
import { editPromises } from './edit.ts'
import { elsewherePromises } from './elsewhere.ts'
import { enqueuePromises } from './enqueue.ts'
import { failurePromises } from './failures.ts'
import { fencePromises } from './fence.ts'
import { forgetPromises, sizePromises } from './forget.ts'
import { intakePromises } from './intake.ts'
import { joiningPromises } from './joining.ts'
import { leasePromises } from './lease.ts'
import { lookPromises, recordPromises } from './look.ts'
import { poisonPromises } from './poison.ts'
import { payloadPromises } from './payloads.ts'
import { processPromises } from './process.ts'
import type { Promised } from './promise.ts'
import { apartPromises, queuesPromises } from './queues.ts'
import { receivedPromises } from './received.ts'
import { policyPromises } from './retention.ts'
import { scheduleCrowdPromises, schedulePromises } from './schedules.ts'
import { settlePromises } from './settle.ts'
import { twinPromises } from './twins.ts'
import { uniquePromises } from './unique.ts'
import { retentionPromises, upkeepPromises } from './upkeep.ts'
import { bulkPromises, lifePromises, valuePromises } from './values.ts'

/** Every promise of the contract, by theme. */
export const promises: readonly Promised[] = [
  ...enqueuePromises,
  ...joiningPromises,
  ...uniquePromises,
  ...twinPromises,
  ...intakePromises,
  ...claimPromises,
  ...settlePromises,
  ...fencePromises,
  ...leasePromises,
  ...receivedPromises,
  ...poisonPromises,
  ...blamePromises,
  ...elsewherePromises,
  ...cancelPromises,
  ...expirePromises,
  ...recordPromises,
  ...checkpointPromises,
  ...actPromises,
  ...pausePromises,
  ...upkeepPromises,
  ...retentionPromises,
  ...policyPromises,
  ...forgetPromises,
  ...sizePromises,
  ...schedulePromises,
  ...lookPromises,
  ...payloadPromises,
  ...changesPromises,
  ...valuePromises,
  ...lifePromises,
  ...bulkPromises,
  ...editPromises,
  ...failurePromises,
  ...bulkRoomPromises,
  ...queuesPromises,
  ...apartPromises,
  ...keyCrossings,
  ...scheduleCrossings,
  ...deadCrossings,
  ...crowdPromises,
  ...crowdCrossings,
  ...scheduleCrowdPromises,
  ...processPromises,
]
