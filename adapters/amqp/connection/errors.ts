import { type Catalogued, errors, reasonOf } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from './options.ts'
import type { ServerError } from './rascal.ts'

/** The errors that only the RabbitMQ adapter throws. */
const codes = errors('amqp', {
  QUEUE_MISMATCH: (v: { queue: string; reason: string }) =>
    `"${v.queue}" already exists with different arguments; declare it with the same ones, or delete it on the broker (${v.reason})`,
  REQUEST_FAILED: {
    status: 502,
    sentence: (v: { topic: string; reason: string }) => `the request on ${v.topic} got no reply: ${v.reason}`,
  },
  REQUEST_TIMEOUT: {
    status: 504,
    sentence: (v: { topic: string; milliseconds: number }) =>
      `the request on ${v.topic} got no reply within ${v.milliseconds} ms; check that a handler of requests is running and fast enough, or raise the timeout`,
  },
  CONNECTION_LIMIT: (v: { broker: string; open: number }) =>
    `the broker at ${v.broker} refused another connection beside the ${v.open} that are open; raise the connection limit of the login and of the virtual host: a bus needs one connection to consume and one to publish, and more for thousands of consumers`,
  VIRTUAL_HOST_MISSING: (v: { broker: string; virtualhost: string }) =>
    `the broker at ${v.broker} has no virtual host "${v.virtualhost}", or this login has no access to it, or its connection limit is reached; create it, check the option virtualhost, or raise the limit`,
})

declare module '../../../kernel/index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}

/**
 * Turns a failure to connect or to declare into one of our errors. Errors of rascal contain URLs, so only what the
 * server or the system said is passed on.
 */
export function connectionError(error: unknown, options: ResolvedOptions): TomodachiError {
  if (error instanceof TomodachiError) return error
  const broker = nameOf(options)
  const reason = saidBy(error)
  const { code } = error as ServerError
  if (/ACCESS[-_]REFUSED/.test(reason) && /login/i.test(reason))
    return new TomodachiError('BROKER_LOGIN_REFUSED', { broker, reason })
  if (isVirtualHostRefused(error)) {
    const virtualhost = [...new Set(options.endpoints.map((endpoint) => endpoint.virtualhost))].join('", "')
    return new TomodachiError('VIRTUAL_HOST_MISSING', { broker, virtualhost })
  }
  return declarationError(code, reason) ?? new TomodachiError('BROKER_UNREACHABLE', { broker, reason })
}

/** Whether the broker let the login in, but not into the virtual host. It says why only in a frame that amqplib does not show. */
export function isVirtualHostRefused(error: unknown): boolean {
  return /Expected ConnectionOpenOk/.test(saidBy(error))
}

/** The hosts, as errors name them. */
export function nameOf({ endpoints }: ResolvedOptions): string {
  return endpoints.map(({ hostname, port }) => `${hostname}:${port}`).join(', ')
}

/** The error for the reply code with which the server closed a channel; undefined if the code has none. */
export function declarationError(code: unknown, reason: string): TomodachiError | undefined {
  if (code === 406 && /inequivalent arg/.test(reason))
    return new TomodachiError('QUEUE_MISMATCH', {
      queue: /for (?:queue|exchange) '([^']*)'/.exec(reason)?.[1] ?? '',
      reason,
    })
  if (code === 404) {
    const said = reason.slice(0, Math.max(0, reason.lastIndexOf("' in vhost")))
    const [, kind = 'object', name = ''] = /no (queue|exchange) '(.*)$/s.exec(said) ?? []
    return new TomodachiError('BROKER_OBJECT_MISSING', { kind, name })
  }
  if (code === 403 || code === 405 || code === 406 || code === 530 || code === 540)
    return new TomodachiError('BROKER_REFUSED', { reason })
  return undefined
}

/** amqplib puts this in front of what the server said. */
const saying = 'with message "'

/** What the server or the system said, without the text that rascal and amqplib put around it. */
export function saidBy(error: unknown): string {
  const text = reasonOf(error)
    .replace(/^Failed to connect to: .* Original message was: ?/, '')
    .replace(/amqps?:\/\/([^\s,]*)/g, (_, run: string) => `amqp://${run.slice(run.lastIndexOf('@') + 1)}`)
  const start = text.indexOf(saying)
  const said = start >= 0 && text.endsWith('"') ? text.slice(start + saying.length, -1) : text
  return said || String((error as ServerError).code ?? 'it gave no reason')
}
