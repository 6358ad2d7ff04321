import type { ResolvedOptions } from '../connection/options.ts'
import type { AmqpMessage } from '../messages/outgoing.ts'

/** Every broker takes so many bytes by default: RabbitMQ 4 takes 16 MiB, RabbitMQ 3 takes more. */
const surelyTaken = 16 * 1_024 * 1_024

/**
 * What the broker is known to take on this connection. A message unlike those before might make it close the channel,
 * so it is sent alone.
 */
export class Trust {
  readonly #login: string | undefined
  readonly #exchanges: Set<string>
  #bytes = surelyTaken

  constructor({ endpoints, exchangeName }: Pick<ResolvedOptions, 'endpoints' | 'exchangeName'>) {
    const logins = new Set(endpoints.map(({ login }) => login))
    this.#login = logins.size === 1 ? endpoints[0]?.login : undefined
    this.#exchanges = new Set(['', exchangeName])
  }

  covers({ exchange, content, fields: { userId = this.#login } }: AmqpMessage): boolean {
    return this.#exchanges.has(exchange) && content.length <= this.#bytes && userId === this.#login
  }

  /** Call it with a message that the broker has confirmed and that was not covered. */
  extend({ exchange, content }: AmqpMessage): void {
    this.#exchanges.add(exchange)
    this.#bytes = Math.max(this.#bytes, content.length)
  }
}
