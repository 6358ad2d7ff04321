/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>

/** The only value of OTEL_NODE_METER_PROVIDER that means something. */
const METER_PROVIDER = 'tomodachi_prometheus'

/**
 * Has `opentelemetry()` serve Prometheus in place of the SDK, whose endpoint knows neither exemplars nor workers: for the
 * name `prometheus` among the exporters of metrics.
 */
export function takePrometheus(variables: Record<string, string | undefined>): void {
  const names = listIn(variables.OTEL_METRICS_EXPORTER)
  if (!names.includes('prometheus') || isDisabled(variables)) return
  variables.OTEL_METRICS_EXPORTER = names.filter((name) => name !== 'prometheus').join() || 'none'
  variables.OTEL_NODE_METER_PROVIDER ||= METER_PROVIDER
}

/** The entries of a list that is separated by commas, without empty ones. */
export function listIn(text = ''): readonly string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** Whether the environment switches the SDK off. */
export function isDisabled({ OTEL_SDK_DISABLED = '' }: Variables): boolean {
  return OTEL_SDK_DISABLED.trim().toLowerCase() === 'true'
}

/** Whether the environment says what the service is called. */
export function namesService({ OTEL_SERVICE_NAME = '', OTEL_RESOURCE_ATTRIBUTES }: Variables): boolean {
  return (
    OTEL_SERVICE_NAME.trim() !== '' ||
    listIn(OTEL_RESOURCE_ATTRIBUTES).some((pair) => /^service\.name\s*=\s*\S/.test(pair))
  )
}

/** Whether the environment names an exporter for log records. */
export function exportsLogs({ OTEL_LOGS_EXPORTER }: Variables): boolean {
  const names = listIn(OTEL_LOGS_EXPORTER)
  return names.length > 0 && !names.includes('none')
}

/** What is wrong with the variables, in a sentence each. */
export function faultsIn(variables: Variables): readonly string[] {
  const { OTEL_NODE_METER_PROVIDER: provider = '' } = variables
  const faults = wrongEndpoints(variables).map(
    (name) => `${name} must be a URL with http:// or https://, such as http://127.0.0.1:4318`,
  )
  if (provider !== '' && provider !== METER_PROVIDER)
    faults.push(`OTEL_NODE_METER_PROVIDER must be ${METER_PROVIDER}, not "${provider}", which serves nothing`)
  return faults
}

/** The variables of endpoints that are no URL for HTTP, where the protocol is. */
function wrongEndpoints(variables: Variables): readonly string[] {
  const { OTEL_EXPORTER_OTLP_PROTOCOL: all } = variables
  return ['', 'TRACES_', 'METRICS_', 'LOGS_'].flatMap((signal) => {
    const name = `OTEL_EXPORTER_OTLP_${signal}ENDPOINT`
    const endpoint = variables[name]?.trim()
    const protocol = variables[`OTEL_EXPORTER_OTLP_${signal}PROTOCOL`] ?? all
    if (!endpoint || protocol?.trim() === 'grpc') return []
    return /^https?:\/\//i.test(endpoint) && URL.canParse(endpoint) ? [] : [name]
  })
}

/** A shorter value would be found in any text. */
const shortestSecret = 4

/** The values of headers for exporters, which may be secrets; those that are longest first. */
export function headerValues(variables: Variables): readonly string[] {
  return Object.entries(variables)
    .filter(([name]) => /^OTEL_EXPORTER_OTLP_(\w+_)?HEADERS$/.test(name))
    .flatMap(([, text]) => listIn(text))
    .filter((pair) => pair.includes('='))
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .flatMap((value) => [value, decoded(value)])
    .filter((value) => value.length >= shortestSecret)
    .sort((one, other) => other.length - one.length)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
