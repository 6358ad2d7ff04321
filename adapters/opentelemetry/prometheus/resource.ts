import type { Attributes } from '@opentelemetry/api'

/** Who is measured: the first service of a process. */
export interface Measured {
  readonly name: string
  readonly uuid: string
}

/** Names that say nothing about a service. */
const generic = new Set(['service', 'app'])

/**
 * What `target_info` tells of a process: what OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say, else the name and the
 * identity of its first service, unless it has no name of its own.
 */
export function resourceOf(
  { name, uuid }: Measured,
  detected: Attributes,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Attributes {
  const { OTEL_RESOURCE_ATTRIBUTES: listed = '', OTEL_SERVICE_NAME: given } = environment
  const own = generic.has(name) ? {} : { 'service.name': name }
  return {
    ...detected,
    ...own,
    'service.instance.id': uuid,
    ...attributesIn(listed),
    ...(given ? { 'service.name': given } : {}),
  }
}

/** `key=value` separated by commas, percent-encoded; what is malformed is left out. */
function attributesIn(text: string): Attributes {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=')
    if (at < 1) return []
    try {
      return [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]]
    } catch {
      return []
    }
  })
  return Object.fromEntries(pairs)
}
