import { partOf, reasonOf } from '../../../kernel/adapter-kit.ts'
import { getLogger } from '../../../kernel/index.ts'
import type { Exports, Packages } from './packages.ts'
import { listIn, type Variables } from './variables.ts'

/** The package of all instrumentations. */
export const ALL = '@opentelemetry/auto-instrumentations-node'
const prefix = '@opentelemetry/instrumentation-'

/** Makes an instrumentation. */
type Make = new (options: object) => unknown

/**
 * What the project has installed to instrument other libraries: all of the package of all, or else each package of one
 * that its package.json names. OTEL_NODE_ENABLED_INSTRUMENTATIONS and OTEL_NODE_DISABLED_INSTRUMENTATIONS choose among
 * them. What would repeat the spans of `opentelemetry()` is off, unless it is enabled by its name.
 */
export async function instrumentationsOf(packages: Packages, variables: Variables): Promise<unknown[]> {
  const options = optionsFor(variables)
  if (packages.find(ALL) !== undefined) {
    const { getNodeAutoInstrumentations } = await packages.load(ALL)
    return (getNodeAutoInstrumentations as (options: object) => unknown[])(options)
  }
  const names = packages.named().filter((name) => name.startsWith(prefix) && isWanted(name, variables))
  const made = await Promise.all(names.map((name) => madeFrom(packages, name, options[name] ?? {})))
  return made.flat()
}

/** Of each package, what keeps it from repeating our spans. */
function optionsFor(variables: Variables): Readonly<Record<string, object>> {
  const enabled = listIn(variables.OTEL_NODE_ENABLED_INSTRUMENTATIONS)
  // The spans of connections are roots, and tell of our brokers and loaders only.
  const repeating = ['amqplib', 'aws-sdk', 'net'].filter((name) => !enabled.includes(name))
  return {
    // An adapter that polls its broker over HTTP does so outside of every span.
    [`${prefix}http`]: { disableIncomingRequestInstrumentation: true, requireParentforOutgoingSpans: true },
    // Who sends it has traced it already.
    [`${prefix}undici`]: { ignoreRequestHook: isTraced },
    ...Object.fromEntries(repeating.map((name) => [prefix + name, { enabled: false }])),
  }
}

/** Whether a request of undici has trace headers: `[name, value, name, value, …]`, or lines of text. */
function isTraced({ headers }: { readonly headers: unknown }): boolean {
  if (typeof headers === 'string') return /^traceparent:/im.test(headers)
  return (
    Array.isArray(headers) &&
    headers.some((name, index) => index % 2 === 0 && String(name).toLowerCase() === 'traceparent')
  )
}

function isWanted(name: string, variables: Variables): boolean {
  const short = name.slice(prefix.length)
  const enabled = listIn(variables.OTEL_NODE_ENABLED_INSTRUMENTATIONS)
  if (listIn(variables.OTEL_NODE_DISABLED_INSTRUMENTATIONS).includes(short)) return false
  return enabled.length === 0 || enabled.includes(short)
}

/** The instrumentations of one package; a package that cannot be used is logged and left out. */
async function madeFrom(packages: Packages, name: string, options: object): Promise<unknown[]> {
  if (partOf(options, 'enabled') === false) return []
  try {
    return instrumentationsIn(await packages.load(name)).map(
      (Instrumentation) => new Instrumentation(options),
    )
  } catch (error) {
    getLogger('tomodachi.opentelemetry').warn(`cannot use ${name}: ${reasonOf(error)}`)
    return []
  }
}

function instrumentationsIn(exports: Exports): Make[] {
  const classes = Object.entries(exports).filter(
    ([name, value]) =>
      name.endsWith('Instrumentation') &&
      typeof value === 'function' &&
      typeof partOf(partOf(value, 'prototype'), 'setTracerProvider') === 'function',
  )
  return [...new Set(classes.map(([, value]) => value as Make))]
}
