import type { Adapter } from '../../kernel/index.ts'

const made = new WeakSet<Adapter>()

/** Remembers an adapter that `opentelemetry()` has made. */
export function remember(adapter: Adapter): Adapter {
  made.add(adapter)
  return adapter
}

/** Whether `opentelemetry()` has made the adapter. */
export function isOpenTelemetry(adapter: Adapter): boolean {
  return made.has(adapter)
}
