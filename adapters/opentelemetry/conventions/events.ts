import type { BusEvent } from '../../../kernel/index.ts'
import type { Called, Refused, Requested, Responded, Shed } from '../../http/index.ts'
import type { Skipped, Ticked } from '../../schedule/index.ts'
import type { Connected } from '../../websocket/index.ts'

// By name: an adapter that a service does not use is not loaded for the name of its event.

/** A request has come in. */
export const requested: BusEvent<Requested> = 'http.requested'
/** A request was answered. */
export const responded: BusEvent<Responded> = 'http.responded'
/** Bytes that are not a request were refused. */
export const refused: BusEvent<Refused> = 'http.refused'
/** A request was shed, because of an overload. */
export const shed: BusEvent<Shed> = 'http.shed'
/** An attempt of a client's call has ended. */
export const called: BusEvent<Called> = 'http.called'
/** A websocket has opened or closed. */
export const connected: BusEvent<Connected> = 'websocket.connected'
/** A tick begins to run. */
export const ticked: BusEvent<Ticked> = 'schedule.ticked'
/** A tick was skipped. */
export const skipped: BusEvent<Skipped> = 'schedule.skipped'
