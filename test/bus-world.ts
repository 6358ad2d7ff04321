import type { MessageBus } from 'tomodachi'
import type { World } from 'tomodachi/conformance'

/** A world whose buses are made at once: they reach their broker without a proxy. */
export interface BusWorld extends World {
  bus(): MessageBus
}
