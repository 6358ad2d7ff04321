import { TomodachiError } from '../../../kernel/index.ts'
import type { ExchangeType, ResolvedOptions } from '../connection/options.ts'
import type { AmqpQueue } from './topology.ts'

/** An exchange as it is declared: durable. */
export interface ExchangeDeclaration {
  readonly name: string
  readonly type: ExchangeType
  /** Where the broker sends messages that no queue of the exchange takes. */
  readonly alternate?: string | undefined
}

/** The types of the exchanges that every virtual host has. */
const types: Readonly<Record<string, ExchangeType>> = {
  'amq.topic': 'topic',
  'amq.direct': 'direct',
  'amq.fanout': 'fanout',
  'amq.headers': 'headers',
  'amq.match': 'headers',
}

export function typeOf(exchange: string, given: ExchangeType | undefined): ExchangeType {
  return types[exchange] ?? given ?? 'topic'
}

/**
 * The exchanges to declare: all but the broker's own. Throws `OPTIONS_CONFLICT` if one is wanted in two ways, and
 * `OPTION_INVALID` for an alternate exchange of one that is not declared.
 */
export function exchangesOf(
  queues: readonly AmqpQueue[],
  { exchangeName, exchangeType, alternateExchange }: ResolvedOptions,
): ExchangeDeclaration[] {
  const own = { name: exchangeName, type: typeOf(exchangeName, exchangeType), alternate: alternateExchange }
  const found = new Map<string, ExchangeDeclaration>()
  const bound = queues.flatMap(({ bindings }) => bindings)
  for (const exchange of [
    own,
    ...bound.map(({ exchange: name, type, alternate }) => ({ name, type, alternate })),
  ]) {
    const { name } = exchange
    const other = found.get(name) ?? exchange
    agree(`exchangeType of "${name}"`, exchange.type, other.type)
    agree(`alternateExchange of "${name}"`, exchange.alternate, other.alternate)
    found.set(name, { ...exchange, alternate: exchange.alternate ?? other.alternate })
  }
  const all = [...found.values()]
  for (const { name, alternate } of all)
    if (alternate !== undefined && isBrokers(name)) {
      const expected = `left out for "${name}", which the bus does not declare`
      throw new TomodachiError('OPTION_INVALID', { option: 'alternateExchange', expected, actual: alternate })
    }
  return all.filter(({ name }) => !isBrokers(name))
}

function isBrokers(exchange: string): boolean {
  return /^(amq\..*)?$/.test(exchange)
}

function agree(option: string, one: string | undefined, other: string | undefined): void {
  if (one !== undefined && other !== undefined && one !== other)
    throw new TomodachiError('OPTIONS_CONFLICT', { one: `${option}: '${one}'`, other: `'${other}'` })
}
