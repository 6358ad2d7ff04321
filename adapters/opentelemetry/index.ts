import type { Adapter } from '../../kernel/index.ts'
import { type OpenTelemetryOptions, resolveOpenTelemetryOptions } from './options.ts'

export type { OpenTelemetryOptions } from './options.ts'

/** Listens on the bus of a kernel. Returns functions that stop it. */
type Watch = (bus: Parameters<Adapter['start']>[0]['bus']) => readonly (() => void)[]

/**
 * Makes spans and measurements of all that the services of a kernel do, through the API of OpenTelemetry: whichever SDK
 * the process has registered gets them. It has no sources: `new Service({ adapters: [opentelemetry()] })`. Throws
 * `OPTION_INVALID`.
 */
export function opentelemetry(options: OpenTelemetryOptions = {}): Adapter {
  const { name } = resolveOpenTelemetryOptions(options)
  const watches: readonly Watch[] = []
  let stops: (() => void)[] = []
  return {
    name,
    async start({ bus }) {
      stops = watches.flatMap((watch) => watch(bus))
    },
    async pause() {},
    async close() {
      for (const stop of stops) stop()
      stops = []
    },
  }
}
