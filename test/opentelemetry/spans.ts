import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { until } from '../until.ts'

const exporter = new InMemorySpanExporter()

/** Registers an SDK that keeps the spans of this process. Call it once. */
export function keepSpans(sampler?: Sampler): void {
  const provider = new TracerProvider({
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    ...(sampler ? { sampler } : {}),
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(
    new CompositePropagator({
      propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
    }),
  )
}

/** The spans that have ended since the last call of `forgetSpans`, in the order of their ends. */
export function spans(): readonly ReadableSpan[] {
  return exporter.getFinishedSpans()
}

/** Forgets the spans that have ended. */
export function forgetSpans(): void {
  exporter.reset()
}

/** The first ended span with this name, once there is one. */
export async function spanNamed(name: string): Promise<ReadableSpan> {
  await until(() => spans().some((span) => span.name === name))
  return spans().find((span) => span.name === name) as ReadableSpan
}

/** The span's trace and parent, to compare: `trace/parent`. */
export function parentOf(span: ReadableSpan): string {
  return `${span.spanContext().traceId}/${span.parentSpanContext?.spanId ?? 'none'}`
}

/** What the parent of a span is, if it is this one. */
export function childOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext()
  return `${traceId}/${spanId}`
}
