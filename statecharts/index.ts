/** The machines that drive services, and how to draw them. */
import type { Machine, MachineSnapshot } from './chart/machine.ts'
import { connection as connectionMachine } from './connection.ts'
import { consumer as consumerMachine } from './consumer.ts'
import type {
  ConnectionContext,
  ConnectionEvent,
  ConsumerContext,
  ConsumerEvent,
  LifecycleContext,
  LifecycleEvent,
  WorkerContext,
  WorkerEvent,
} from './contracts.ts'
import { lifecycle as lifecycleMachine } from './lifecycle.ts'
import { worker as workerMachine } from './worker.ts'

export type { ActiveState, Chart, ChartState, ChartTransition } from './chart/chart.ts'
export { readableEvent } from './chart/event-name.ts'
export type { AnyMachine, Machine, MachineActor, MachineSnapshot, StateValue } from './chart/machine.ts'
export type {
  ConnectionContext,
  ConnectionEvent,
  ConsumerContext,
  ConsumerEvent,
  LifecycleActor,
  LifecycleContext,
  LifecycleEvent,
  StepTimeout,
  WorkerContext,
  WorkerEvent,
} from './contracts.ts'
export { type ChartFormat, type DrawOptions, draw } from './draw.ts'

/** The life of a service; its output is the exit code. */
export const lifecycle: Machine<
  MachineSnapshot<LifecycleContext, { readonly exitCode: number }>,
  LifecycleEvent
> = lifecycleMachine

/** The connection to a broker; its output is the error that ended it. */
export const connection: Machine<
  MachineSnapshot<ConnectionContext, { readonly error: unknown }>,
  ConnectionEvent
> = connectionMachine

/** The consumer of one queue. */
export const consumer: Machine<MachineSnapshot<ConsumerContext>, ConsumerEvent> = consumerMachine

/** A series of processes that do a worker's work; its output is the exit code of the last one. */
export const worker: Machine<
  MachineSnapshot<WorkerContext, { readonly exitCode: number }>,
  WorkerEvent
> = workerMachine
