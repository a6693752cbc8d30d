/** Whether the store takes the calls of this process now. */
export interface Health {
  readonly status: 'ok' | 'degraded'
  /** Since when, as far as this process knows. */
  readonly since: Date
  /** Why it is degraded: the latest error. */
  readonly cause?: { readonly code?: string; readonly message: string }
}
