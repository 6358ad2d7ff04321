/** What you write services with. */
import './actors/errors.ts'
import './lifecycle/errors.ts'
import './log/errors.ts'
import './messaging/errors.ts'
import './serving/errors.ts'

export type { Size } from '../envelopes/option.ts'
export type { Adapter } from './actors/adapter.ts'
export type { Bus, BusEvent, BusEvents, LifecycleStep, Published } from './actors/bus.ts'
export type { Delivery } from './actors/delivery.ts'
export type { HandlerContext } from './actors/handler-context.ts'
export type { HookContext, Hooks } from './actors/hooks.ts'
export {
  type AnyMiddleware,
  type Guard,
  guard,
  type Middleware,
  type Middlewares,
  type Next,
  type Outcome,
  reply,
  use,
} from './actors/middleware.ts'
export { on } from './actors/on-decorator.ts'
export {
  type ActorOptions,
  type ContextOf,
  Service,
  type ServiceOptions,
  type UseContextOf,
} from './actors/service.ts'
export type { Settlement } from './actors/settlement.ts'
export type { Source } from './actors/source.ts'
export type { Clock } from './clock.ts'
export {
  type AnyErrorCode,
  type ErrorCatalogue,
  type ErrorCode,
  type ErrorValues,
  hasCode,
  TomodachiError,
} from './errors.ts'
export { Kernel, type LifecycleState } from './lifecycle/kernel.ts'
export type { KernelOptions } from './lifecycle/kernel-arguments.ts'
export { type CaptureOptions, captureLogs } from './lifecycle/process/capture-logs.ts'
export {
  type AdapterContext,
  type ExecutionContext,
  exit,
  getContext,
  getService,
} from './lifecycle/process/process-registry.ts'
export { run } from './lifecycle/run.ts'
export {
  configureLogging,
  getLogger,
  type LogFormat,
  type Logger,
  type LoggingOptions,
  type LogRecord,
  type LogSink,
} from './log/index.ts'
export type {
  DeadLetterMessage,
  DeadLetterQueue,
  DeadLetterQueues,
} from './messaging/dead-letters/dead-letter-queues.ts'
export type { DeadLetterWork, RedriveWork } from './messaging/dead-letters/dead-letter-work.ts'
export type { MessageBus } from './messaging/message-bus.ts'
export {
  BatchFailure,
  type BatchGiven,
  type BatchOptions,
  type GivenFor,
} from './messaging/topics/batch.ts'
export {
  type Backoff,
  DeadLetter,
  type DeliveryRules,
  Drop,
  Retry,
  type RetryOptions,
} from './messaging/topics/delivery-rules.ts'
export type { MessageGiven, PublishOptions, TopicOptions } from './messaging/topics/message-options.ts'
export { type DataOf, type RequestTopic, type Topic, topic } from './messaging/topics/topic.ts'
export type { Duration } from './options/duration.ts'
export type { Schema } from './schema.ts'
export { type ManualClock, manualClock } from './testing/manual-clock.ts'
