/** The part of the API by which the providers of an SDK are found. */
export interface Registry {
  readonly trace: { getTracerProvider(): object }
  readonly metrics: { getMeterProvider(): object }
  /** A release may have none. */
  readonly logs?: { getLoggerProvider(): object }
}

/** One of an SDK's, for one signal. */
export interface Provider {
  shutdown(): Promise<void>
}

/** The registered providers that can be shut down. */
export function providersOf({ trace, metrics, logs }: Registry): Provider[] {
  const tracers: { getDelegate?(): object } = trace.getTracerProvider()
  return [tracers.getDelegate?.() ?? tracers, metrics.getMeterProvider(), logs?.getLoggerProvider()].filter(
    (provider) => typeof (provider as Partial<Provider> | undefined)?.shutdown === 'function',
  ) as Provider[]
}
