import {
  flag,
  lineOfText,
  type OptionShape,
  optionalOptions,
  optionShape,
  type Resolved,
  type ShapesOf,
  wholeNumber,
} from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

/** Where Prometheus reads the metrics, and how they are written. Each comment names the default. */
export interface PrometheusOptions {
  /** Host to listen on. Default: the variable, else `localhost`. */
  readonly host?: string
  /** Port to listen on; 0 for any free one. Default: the variable, else 9464. */
  readonly port?: number
  /** What the names of metrics begin with; an underscore follows it. Default: the variable, else nothing. */
  readonly prefix?: string
  /** Whether each series says which library has measured it. Default: the variable, else true. */
  readonly scope?: boolean
  /** Whether `target_info` tells of the process. Default: the variable, else true. */
  readonly target?: boolean
  /** Whether buckets show a trace, to readers that accept OpenMetrics. Default: the variable, else false. */
  readonly exemplars?: boolean
}

/** The same, checked. */
export type ResolvedPrometheusOptions = Required<PrometheusOptions>

const shapes = {
  host: lineOfText(undefined),
  port: wholeNumber(undefined, 0, 65_535),
  prefix: optionShape<string | undefined>(
    undefined,
    'text such as "orders", of letters, digits and _',
    (value) => (typeof value === 'string' && /^([a-z_][a-z\d_]*)?$/i.test(value) ? value : undefined),
  ),
  scope: flag(undefined),
  target: flag(undefined),
  exemplars: flag(undefined),
} satisfies ShapesOf<PrometheusOptions>

const within = optionalOptions(shapes)

/** What the option has to be: true, false, or options. */
export const prometheusOption: OptionShape<boolean | Resolved<typeof shapes> | undefined> = {
  standard: undefined,
  expected: 'true, false or an object of options',
  read: (value, ...place) => (typeof value === 'boolean' ? value : within.read(value, ...place)),
}

type Environment = Readonly<Record<string, string | undefined>>

/** The variables that stand for options that are left out; the first one that is set counts. */
const variables = {
  host: ['OTEL_NODE_TOMODACHI_PROMETHEUS_ADDRESS', 'OTEL_EXPORTER_PROMETHEUS_HOST'],
  port: ['OTEL_NODE_TOMODACHI_PROMETHEUS_PORT', 'OTEL_EXPORTER_PROMETHEUS_PORT'],
  prefix: ['OTEL_NODE_TOMODACHI_PROMETHEUS_NAMESPACE_PREFIX'],
  scope: ['OTEL_NODE_TOMODACHI_PROMETHEUS_INCLUDE_SCOPE_INFO'],
  target: ['OTEL_NODE_TOMODACHI_PROMETHEUS_INCLUDE_TARGET_INFO'],
  exemplars: ['OTEL_NODE_TOMODACHI_PROMETHEUS_EXEMPLARS_ENABLED'],
} as const

const defaults: ResolvedPrometheusOptions = {
  host: 'localhost',
  port: 9_464,
  prefix: '',
  scope: true,
  target: true,
  exemplars: false,
}

/**
 * Fills in what was left out, from the variables. Undefined where the endpoint is off. Throws `OPTION_INVALID` for a variable
 * whose value does not fit.
 */
export function resolvePrometheus(
  given: boolean | Resolved<typeof shapes> | undefined,
  environment: Environment = process.env,
): ResolvedPrometheusOptions | undefined {
  const isOn = given ?? environment.OTEL_NODE_METER_PROVIDER === 'tomodachi_prometheus'
  if (isOn === false) return undefined
  const options: PrometheusOptions = isOn === true ? {} : (isOn as PrometheusOptions)
  const entries = Object.entries(defaults).map(([key, standard]) => {
    const option = key as keyof ResolvedPrometheusOptions
    return [option, options[option] ?? ofEnvironment(option, environment) ?? standard]
  })
  return Object.fromEntries(entries)
}

/** As everywhere in OpenTelemetry, an empty variable counts as one that is not set. */
function ofEnvironment(option: keyof typeof variables, environment: Environment): unknown {
  const variable = variables[option].find((name) => environment[name])
  if (!variable) return undefined
  const text = environment[variable] as string
  const { expected, read } = shapes[option]
  const value = read(parsed(option, text), { owner: 'opentelemetry', path: 'prometheus.' }, option)
  if (value === undefined)
    throw new TomodachiError('OPTION_INVALID', { option: variable, expected: `${expected}`, actual: text })
  return value
}

function parsed(option: keyof typeof variables, text: string): unknown {
  if (option === 'host' || option === 'prefix') return text
  if (option === 'port') return /^\d+$/.test(text) ? Number(text) : text
  return { true: true, '1': true, false: false, '0': false }[text.toLowerCase()] ?? text
}
