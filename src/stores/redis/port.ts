/** What the store needs of a client library, whichever it is. Only scripts and a few commands are sent through it. */
export interface Port {
  /** The server is a cluster, and this client knows where each key is. */
  readonly isCluster: boolean
  /** How many connections it has made: more than before where one was lost meanwhile. */
  connections(): number
  /** Ready to send, or an error that says why not. */
  connect(): Promise<void>
  evalsha(sha: string, keys: readonly string[], args: readonly string[]): Promise<Reply>
  eval(lua: string, keys: readonly string[], args: readonly string[]): Promise<Reply>
  call(command: string, ...args: readonly string[]): Promise<Reply>
  /** The same on the connection on which scripts over keys of this slot are sent. */
  callAt(slot: number, command: string, ...args: readonly string[]): Promise<Reply>
  /** Hears channels on a connection of its own, as well as it can: what comes while there is none is lost. */
  subscribe(channels: readonly string[], hear: (channel: string) => void): () => Promise<void>
  /** Ends what `connect` began; a client of the caller's own stays as it was. */
  close(): Promise<void>
}

/** What a client that is made here has to know. */
export interface Dialling {
  readonly url: string
  readonly cluster: boolean
  readonly callTimeoutMs: number
}

export type Reply = string | number | null | undefined | boolean | readonly Reply[]
