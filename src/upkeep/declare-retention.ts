import type { Logger } from '../job/logger.ts'
import type { RetentionOrder, Store } from '../store/index.ts'

/**
 * Brings what the code says of retention into the store, which all processes go by. A release that knows itself to be the
 * older one is not heard; of two that do not say when they were deployed, the one that started last is.
 */
export async function declareRetention(
  store: Store,
  order: RetentionOrder | undefined,
  log: Logger,
): Promise<void> {
  if (!order || (await store.retention.set(order)) !== 'older') return
  log.warn(
    { code: 'LW1231' },
    'LW1231 retention: a release that was deployed later has set another policy, and it stands.',
  )
}
