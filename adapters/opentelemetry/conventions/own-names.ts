/** Attributes that OpenTelemetry has no name for. */
export const ownAttribute = {
  /** How many times a message has been handed out. */
  MESSAGE_ATTEMPT: 'tomodachi.message.attempt',
  /** How a delivery ended: `acked`, `released`, `deadLettered` or `dropped`. */
  SETTLEMENT: 'tomodachi.settlement',
  /** Why it was not acked. */
  SETTLEMENT_REASON: 'tomodachi.settlement.reason',
  WEBSOCKET_CLOSE_CODE: 'tomodachi.websocket.close_code',
  WEBSOCKET_CONNECTION_ID: 'tomodachi.websocket.connection.id',
} as const
