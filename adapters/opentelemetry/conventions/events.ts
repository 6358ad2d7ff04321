import type { BusEvent } from '../../../kernel/index.ts'
import type { Refused, Responded } from '../../http/index.ts'
import type { Skipped } from '../../schedule/index.ts'
import type { Connected } from '../../websocket/index.ts'

// By name: an adapter that a service does not use is not loaded for the name of its event.

/** A request was answered. */
export const responded: BusEvent<Responded> = 'http.responded'
/** Bytes that are not a request were refused. */
export const refused: BusEvent<Refused> = 'http.refused'
/** A websocket has opened or closed. */
export const connected: BusEvent<Connected> = 'websocket.connected'
/** A tick was skipped. */
export const skipped: BusEvent<Skipped> = 'schedule.skipped'
