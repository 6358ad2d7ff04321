import { TomodachiError } from '../errors.ts'
import { duration } from '../options/duration.ts'
import { type OptionShape, optionShape } from '../options/option-shape.ts'
import { callback, lineOfText, wholeNumber } from '../options/option-shapes.ts'
import type { ShapesOf } from '../options/resolve-options.ts'
import type { Adapter } from './adapter.ts'
import type { ActorOptions, ServiceOptions } from './service.ts'
import type { Source } from './source.ts'

/** The shapes of the options of a service. */
export const serviceShapes = {
  name: lineOfText('service'),
  use: middlewareOption(),
  adapters: adapterList(),
  drainTimeout: duration('25s', { endless: true }),
  stopDelay: duration(0),
  onStart: callback<NonNullable<ServiceOptions['onStart']>>(),
  onStarted: callback<NonNullable<ServiceOptions['onStarted']>>(),
  onStopping: callback<NonNullable<ServiceOptions['onStopping']>>(),
  onStop: callback<NonNullable<ServiceOptions['onStop']>>(),
} satisfies ShapesOf<ServiceOptions>

/** The shapes of the options of a handler. */
export const actorShapes = {
  name: lineOfText(undefined),
  concurrency: wholeNumber(undefined, 1, undefined, { endless: true }),
  orderBy: callback<(given: never) => unknown>(),
  use: middlewareOption(),
} satisfies ShapesOf<ActorOptions<Source> & { readonly use?: unknown }>

/** A list of adapters; without one, none. */
export function adapterList(): OptionShape<readonly Adapter[]> {
  return optionShape<readonly Adapter[]>([], 'a list of adapters', (value) =>
    Array.isArray(value) && value.every(isAdapter) ? value : undefined,
  )
}

/** Middleware, as it was given. */
function middlewareOption(): OptionShape<unknown> {
  const expected = 'middleware: one, a list, or use(a).use(b)'
  return optionShape<unknown>(
    undefined,
    (value) => {
      const source = listIn(value).find(isSource)
      return source ? `${expected} (${source.address} is a source: on(source, handler) takes it)` : expected
    },
    (value) => {
      const list = listIn(value)
      return list.every((item) => typeof item === 'function') ? value : undefined
    },
  )
}

/** What stands where middleware belongs; a list of the value itself where that is none. */
function listIn(value: unknown): readonly unknown[] {
  const list = (value as { readonly list?: unknown } | null)?.list ?? value
  return Array.isArray(list) ? list : [list]
}

/** Throws `OPTION_INVALID` for a delay that would leave no time for work to finish. */
export function checkStopDelay(stopDelay: number, drainTimeout: number): void {
  if (stopDelay === 0 || stopDelay < drainTimeout) return
  const expected = `shorter than drainTimeout, which is ${drainTimeout}`
  throw new TomodachiError('OPTION_INVALID', { option: 'Service.stopDelay', expected, actual: stopDelay })
}

/** Throws `OPTION_INVALID` for what is not a source. */
export function checkSource(source: unknown): asserts source is Source {
  if (isSource(source)) return
  const expected = `a source, such as ${sourceFor(source)}`
  throw new TomodachiError('OPTION_INVALID', { option: 'on(source)', expected, actual: source })
}

/** How what was given instead of a source becomes one. */
function sourceFor(given: unknown): string {
  if (typeof given === 'string' && !given.startsWith('/'))
    return `bus.topic(${JSON.stringify(given.slice(0, 80))})`
  if (typeof given === 'string') return `api.get('${given.slice(0, 80)}')`
  const isTopic = typeof (given as { readonly name?: unknown } | null)?.name === 'string'
  return isTopic && !isAdapter(given) && typeof given === 'object'
    ? 'bus.topic(orderCreated)'
    : "api.get('/')"
}

function isSource(value: unknown): value is Source {
  return typeof value === 'object' && value !== null && isAdapter((value as Partial<Source>).adapter)
}

function isAdapter(value: unknown): value is Adapter {
  return typeof (value as Adapter | null | undefined)?.start === 'function'
}
