/** Attributes that OpenTelemetry has no name for. */
export const ownAttribute = {
  /** Name of an adapter. */
  ADAPTER: 'tomodachi.adapter',
  /** How many times a message has been handed out. */
  MESSAGE_ATTEMPT: 'tomodachi.message.attempt',
  /** Address of a handler within its adapter: `GET /orders/:id`. */
  ADDRESS: 'tomodachi.address',
  /** Whether a drain has `finished`, or had to be `abandoned` at its deadline. */
  DRAIN_OUTCOME: 'tomodachi.drain.outcome',
  /** The limit that a request was shed for: `maxEventLoopDelay` or `maxInFlight`. */
  SHED_REASON: 'tomodachi.shed.reason',
  /** Name of the service that a handler belongs to. */
  SERVICE: 'tomodachi.service',
  /** How a delivery ended: `acked`, `released`, `deadLettered` or `dropped`. */
  SETTLEMENT: 'tomodachi.settlement',
  /** Why it was not acked. */
  SETTLEMENT_REASON: 'tomodachi.settlement.reason',
  /** Kind of transport, in a word. */
  TRANSPORT: 'tomodachi.transport',
  WEBSOCKET_CLOSE_CODE: 'tomodachi.websocket.close_code',
  WEBSOCKET_CONNECTION_ID: 'tomodachi.websocket.connection.id',
} as const

/** Metrics that OpenTelemetry has no name for. */
export const ownMetric = {
  ADAPTERS_UNREADY: 'tomodachi.adapters.unready',
  DEAD_LETTERS: 'tomodachi.dead_letters',
  DRAIN_DURATION: 'tomodachi.drain.duration',
  HANDLERS_RUNNING: 'tomodachi.handlers.running',
  LATE_SETTLEMENTS: 'tomodachi.late_settlements',
  MAILBOX_DEPTH: 'tomodachi.mailbox.depth',
  MAILBOX_WAIT: 'tomodachi.mailbox.wait',
  REQUESTS_SHED: 'tomodachi.requests.shed',
  RETRIES: 'tomodachi.retries',
  TICK_LATENESS: 'tomodachi.tick.lateness',
  TICKS_SKIPPED: 'tomodachi.ticks.skipped',
} as const
