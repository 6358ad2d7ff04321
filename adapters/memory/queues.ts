import type { Actor, MessageSource } from '../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../kernel/index.ts'

/** Competing consumers share a named queue, by default that of their topic; others have one of their own. */
export function queueOf({ source, service, address }: Actor): string {
  const { topic, options } = source as MessageSource
  const { queue, competing = true } = options
  if (competing) return queue ?? topic.name
  if (queue !== undefined) throw new TomodachiError('QUEUE_NOT_COMPETING', { queue })
  return `${address}.${service.uuid}`
}
