/**
 * The vocabulary and the engine: services, sources, actors, middleware, the bus and the lifecycle. Adapters enter by
 * this door too.
 */
export type { Actor } from './actor.ts'
export type { Adapter } from './adapter.ts'
export { outside } from './async-context.ts'
export { Bag, type Placed } from './bag.ts'
export {
  type BatchedOptions,
  BatchFailure,
  type BatchGiven,
  type BatchOptions,
  type GivenFor,
} from './batch.ts'
export type { Bus, BusEvent, BusEvents, Deliver, LifecycleStep, Published } from './bus.ts'
export { type CaptureOptions, captureLogs } from './capture-logs.ts'
export { type Clock, type ManualClock, manualClock, systemClock } from './clock.ts'
export { ConnectionKeeper, type ConnectionKeeperOptions, type ConnectionSteps } from './connection-keeper.ts'
export { currentContext, type HandlerContext } from './context.ts'
export { deadLetterHeaders, deadLetterMessage, withoutDeadLetterHeaders } from './dead-letter-headers.ts'
export {
  type DeadLetterMessage,
  type DeadLetterQueue,
  type DeadLetterQueues,
  type DeadLetterWork,
  deadLetterQueuesNamed,
  namedByOrigin,
  type RedriveWork,
  workThrough,
} from './dead-letter-queues.ts'
export type { Delivery, Settle } from './delivery.ts'
export {
  type Backoff,
  backoffOf,
  DeadLetter,
  type DeliveryRules,
  Drop,
  deliveryRules,
  type FailureRule,
  Retry,
  type RetryOptions,
} from './delivery-rules.ts'
export { type ErrorCode, type ErrorValues, errorCodes, hasCode, TomodachiError } from './errors.ts'
export { Fifo } from './fifo.ts'
export { InFlight } from './in-flight.ts'
export { Intake, type SettleItem } from './intake.ts'
export { Kernel, type KernelOptions, type LifecycleState, run } from './kernel.ts'
export {
  type Brief,
  configureLogging,
  createRecord,
  finishLogs,
  getLogger,
  inBrief,
  jsonLine,
  type LogFormat,
  type Logger,
  type LoggingOptions,
  type LogRecord,
  type LogSink,
  levelNames,
  logFormats,
  toLogSink,
  visible,
  wantsColors,
} from './log/index.ts'
export type { MessageBus, MessageGiven, PublishOptions, TopicOptions } from './message-bus.ts'
export {
  type Decoded,
  decode,
  type Encoded,
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
  type Unvalidated,
  use,
  validated,
} from './middleware.ts'
export { on } from './on.ts'
export { type OpenedBus, type OpenedBuses, openBuses } from './opened-buses.ts'
export type { Params, ParamsOf } from './params.ts'
export { isProduction } from './production.ts'
export { queuesOf } from './queues.ts'
export type { Registration } from './registration.ts'
export {
  type AdapterContext,
  type ExecutionContext,
  exit,
  getContext,
  getService,
} from './running.ts'
export {
  checked,
  type Issue,
  type Issues,
  type OutputOf,
  type Schema,
  sentenceOf,
  type Validated,
  validate,
} from './schema.ts'
export { senderFor } from './sender.ts'
export {
  type ActorOptions,
  type ContextOf,
  type Hooks,
  Service,
  type ServiceOptions,
  serviceBrand,
  type UseContextOf,
} from './service.ts'
export { isPromise, letGo, type MaybePromise, type Settlement } from './settlement.ts'
export { forwardSignals, type Stoppable, type StopSignal, stopSignals } from './signals.ts'
export type {
  Arriving,
  ArrivingOf,
  GivenOf,
  HandledSource,
  ReplyOf,
  Source,
  Validation,
} from './source.ts'
export { spawn } from './spawn.ts'
export { Stopwatch } from './stopwatch.ts'
export { supervise } from './supervise.ts'
export type { Fork, Supervisor, SupervisorOptions, WorkerProcess, WorkerReport } from './supervisor.ts'
export { asError, isA, isError, nameOf, partOf, reasonOf, stackOf, textOf } from './thrown.ts'
export { type ClientTlsOptions, resolveClientTls, resolveServerTls, type ServerTlsOptions } from './tls.ts'
export { type DataOf, type RepliedTo, type Topic, topic } from './topic.ts'
export { fits, fitsWildcard, isPattern, matcher } from './topic-pattern.ts'
export { type TraceHeaders, traceHeaders } from './trace.ts'
export type { Upgrade, UpgradeServer } from './upgrade.ts'
export { version } from './version.ts'
