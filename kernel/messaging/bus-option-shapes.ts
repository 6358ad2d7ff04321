import { duration } from '../options/duration.ts'
import { formatOption } from '../options/format-option.ts'
import { wholeNumber } from '../options/option-shapes.ts'
import { type Resolved, resolveOptions } from '../options/resolve-options.ts'
import type { Broker } from './broker/broker.ts'
import type { Outgoing } from './broker/sending.ts'
import type { BusParts } from './bus-parts.ts'

/** The shapes of the options that every bus has, besides its name. */
export const busOptionShapes = {
  envelope: formatOption(),
  publishWindow: wholeNumber(256, 1),
  publishQueue: wholeNumber(10_000, 0),
  publishTimeout: duration('30s', { least: 1 }),
  startTimeout: duration('4s'),
  inspectionInterval: duration('30s', { least: 1 }),
}

/** The options of a bus with the defaults filled in; times in milliseconds. */
export interface ResolvedBusOptions extends Omit<Resolved<typeof busOptionShapes>, 'envelope'> {
  readonly name: string
}

type Named = Pick<Broker, 'owner' | 'transport'>

function ownerOf({ transport, owner = transport }: Named): string {
  return owner
}

/** Checks the options of the methods of a bus. */
export function resolving(broker: Named): BusParts<Outgoing>['resolve'] {
  return (method, given = {}, shapes) => resolveOptions(`${ownerOf(broker)}.${method}`, given, shapes)
}

/** The options that every bus has, picked from the options of this one and checked. Throws `OPTION_INVALID`. */
export function busRules(broker: Named, options: object): Resolved<typeof busOptionShapes> {
  const given = Object.keys(busOptionShapes).map((option) => [
    option,
    (options as Readonly<Record<string, unknown>>)[option],
  ])
  return resolveOptions(ownerOf(broker), Object.fromEntries(given), busOptionShapes)
}
