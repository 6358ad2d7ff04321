/** The machines that drive services, and how to draw them. */
export type { ActiveState, Chart, ChartState, ChartTransition } from './chart.ts'
export { type ConnectionContext, type ConnectionEvent, connection } from './connection.ts'
export { type ConsumerContext, type ConsumerEvent, consumer } from './consumer.ts'
export { type ChartFormat, type DrawOptions, draw } from './draw.ts'
export { readableEvent } from './event-name.ts'
export { type LifecycleContext, type LifecycleEvent, lifecycle, type StepTimeout } from './lifecycle.ts'
export { type WorkerContext, type WorkerEvent, worker } from './worker.ts'
