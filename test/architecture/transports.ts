import type { SourceFile } from './sources.ts'

/** Systems that adapters talk to, their protocols, and the libraries that speak them. */
const TRANSPORTS =
  /(?<![\w/])(AWS|SNS|SQS|AMQP|RabbitMQ|rascal|amqplib|Redis|ioredis|NATS|Kafka|fauxqs|HTTPS?|undici|find-my-way|websockets?|cron|luxon)(?![\w:])/i

/** A URL has a scheme, and some schemes say where the secret is. */
const KNOWS_SCHEMES = 'kernel/log/secrets/redact.ts'

/** The lines of the kernel that name a transport: what holds for one only stands with its adapter. */
export function transportFaults({ path, text }: SourceFile): string[] {
  if (path === KNOWS_SCHEMES) return []
  return text.split('\n').flatMap((line, index) => {
    const found = TRANSPORTS.exec(line)
    return found === null ? [] : [`${path}:${index + 1} names ${found[0]}`]
  })
}
