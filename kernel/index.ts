/**
 * The vocabulary and the engine: services, sources, actors, middleware, the bus and the lifecycle. Adapters enter by
 * this door too.
 */
export type { Actor, Registration } from './actor.ts'
export type { Adapter } from './adapter.ts'
export type { Bus, BusEvent, BusEvents, Deliver, LifecycleStep, Published } from './bus.ts'
export { type Clock, type ManualClock, manualClock, systemClock } from './clock.ts'
export type { HandlerContext } from './context.ts'
export type { Delivery, Settle } from './delivery.ts'
export {
  type Backoff,
  DeadLetter,
  type DeliveryRules,
  Drop,
  deliveryRules,
  type FailureRule,
  Retry,
  type RetryOptions,
} from './delivery-rules.ts'
export { type ErrorCode, type ErrorValues, errorCodes, reasonOf, TomodachiError } from './errors.ts'
export { Fifo } from './fifo.ts'
export { Kernel, type KernelOptions, type LifecycleState, run } from './kernel.ts'
export {
  configureLogging,
  getLogger,
  type LogFormat,
  type Logger,
  type LoggingOptions,
  type LogRecord,
  type LogSink,
  levelNames,
  logFormats,
  toLogSink,
} from './log/index.ts'
export type { MessageBus, MessageGiven, PublishOptions, TopicOptions } from './message-bus.ts'
export {
  type Decoded,
  deadLetterHeaders,
  decode,
  encode,
  type MessageSource,
  messageSource,
  topicOf,
} from './messages.ts'
export {
  type AddedBy,
  type AddedByAll,
  type AnyMiddleware,
  type Chained,
  type Guard,
  guard,
  type Middleware,
  type Middlewares,
  type Next,
  type Outcome,
  reply,
  use,
} from './middleware.ts'
export { on } from './on.ts'
export { type AdapterContext, type ExecutionContext, exit, getContext, getService } from './running.ts'
export { checked, type Issue, type OutputOf, type Schema, type Validated, validate } from './schema.ts'
export {
  type ActorOptions,
  type ContextOf,
  type Hooks,
  Service,
  type ServiceOptions,
  serviceBrand,
} from './service.ts'
export { isPromise, type MaybePromise, type Settlement } from './settlement.ts'
export type { GivenOf, ReplyOf, Source } from './source.ts'
export { spawn } from './spawn.ts'
export { type DataOf, type Topic, topic } from './topic.ts'
export { version } from './version.ts'
