import { isDeepStrictEqual } from 'node:util'
import { isPattern, type MessageActor, matcher } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import type { ExchangeType, ResolvedOptions } from '../connection/options.ts'
import { isShort, longestShort } from '../connection/short-text.ts'
import { typeOf } from './exchanges.ts'
import { encodeRoutingKey } from './names.ts'
import type { ResolvedTopicOptions } from './topic-options.ts'

type Table = Readonly<Record<string, unknown>>

/** What a queue gets from an exchange. */
export interface Binding {
  readonly exchange: string
  readonly key: string
  readonly type: ExchangeType
  readonly arguments?: Table | undefined
  /** The alternate exchange of the exchange. */
  readonly alternate?: string | undefined
}

/** The bindings of a handler: first that of its topic. Throws `OPTION_INVALID` for a routing key that is too long. */
export function bindingsOf({ source }: MessageActor, options: ResolvedOptions): readonly Binding[] {
  const { topic } = source
  const given = source.options as ResolvedTopicOptions
  const { exchangeName, routingKeyPrefix } = options
  const keyOf = (option: string, name: string) => {
    const key = encodeRoutingKey(routingKeyPrefix + name)
    if (isShort(key)) return key
    const expected = `a name whose routing key has at most ${longestShort} bytes, prefix included`
    throw new TomodachiError('OPTION_INVALID', { option, expected, actual: key })
  }
  const exchange = given.exchange ?? exchangeName
  const isOwn = exchange === exchangeName
  const own: Binding = {
    exchange,
    key: keyOf('topic', topic.name),
    type: typeOf(exchange, given.exchangeType ?? (isOwn ? options.exchangeType : undefined)),
    arguments: given.bindingArguments,
    alternate: given.alternateExchange,
  }
  const others = given.bindings.map((binding) => {
    const from = binding.exchange ?? exchange
    const type = binding.exchangeType ?? (from === exchange ? own.type : undefined)
    return {
      exchange: from,
      key: keyOf('bindings.routingKey', binding.routingKey),
      type: typeOf(from, type),
      arguments: binding.arguments,
    }
  })
  return [own, ...others]
}

/** Finds the handler of a message among those that share a queue. */
export type Route = (exchange: string, routingKey: string, headers: Table) => MessageActor | undefined

/**
 * Whole routing keys go before patterns, and otherwise the first handler takes the message. A message that came through
 * another exchange, such as one that is bound to the exchange of the handler, is matched by its key alone.
 */
export function routeOf(bindings: ReadonlyMap<MessageActor, readonly Binding[]>): Route {
  const all = [...bindings].flatMap(([actor, own]) =>
    own.map((binding) => ({ ...binding, actor, fits: matcher(binding.key || '#') })),
  )
  const ranked = [...all.filter(({ key }) => !isPattern(key)), ...all.filter(({ key }) => isPattern(key))]
  return (exchange, routingKey, headers) => {
    const fitting = ranked.filter(({ type, key, fits, arguments: wanted = {} }) => {
      if (type === 'fanout') return true
      if (type === 'headers') return hasHeaders(headers, wanted)
      return type === 'direct' ? key === routingKey : fits(routingKey)
    })
    return (fitting.find((binding) => binding.exchange === exchange) ?? fitting[0])?.actor
  }
}

/** As a headers exchange of RabbitMQ compares: headers that begin with `x-` count only where `x-match` says so. */
function hasHeaders(headers: Table, { 'x-match': match = 'all', ...wanted }: Table): boolean {
  const isCounted = (name: string) => String(match).endsWith('-with-x') || !name.startsWith('x-')
  const fits = ([name, value]: readonly [string, unknown]) => isDeepStrictEqual(headers[name], value)
  const counted = Object.entries(wanted).filter(([name]) => isCounted(name))
  return String(match).startsWith('any') ? counted.some(fits) : counted.every(fits)
}
