/** What you write adapters with, in addition to `tomodachi`. */
import './index.ts'

export type { Actor, RunningService, SourceAddress } from './actors/actor.ts'
export type { AdapterStart } from './actors/adapter.ts'
export type { Deliver, Unpublished } from './actors/bus.ts'
export type { CancellableDelivery, Settle } from './actors/delivery.ts'
export type { Plain } from './actors/handler-context.ts'
export { currentContext } from './actors/handling/context.ts'
export { type TraceHeaders, traceHeaders, traceOf, withTrace } from './actors/handling/trace.ts'
export type { Departure, Instrument } from './actors/instrument.ts'
export {
  type AddedBy,
  type AddedByAll,
  type AddedByEnd,
  type AddedByUse,
  type Chained,
  type Ending,
  type EndingIn,
  type Fits,
  middlewareList,
  type Unvalidated,
  type Usable,
  type UsableList,
  validated,
} from './actors/middleware.ts'
export type { Registration } from './actors/registration.ts'
export type { FailureRule } from './actors/settlement.ts'
export type {
  Arriving,
  ArrivingOf,
  GivenOf,
  HandledSource,
  ReplyOf,
  ReplyParts,
  Validation,
} from './actors/source.ts'
export { outside } from './async-context.ts'
export { Bag, type Placed } from './bag.ts'
export { systemClock } from './clock.ts'
export {
  type Catalogued,
  type DeclaredCode,
  type DeclaredCodes,
  type DeclaredError,
  declaredErrors,
  type ErrorDefinition,
  type ErrorSentence,
  errors,
  statusOf,
} from './errors.ts'
export { Fifo } from './fifo.ts'
export { InFlight } from './in-flight.ts'
export { kernelOf, type RunningKernel } from './lifecycle/process/process-registry.ts'
export { type Brief, inBrief, jsonLogLine, watchLog } from './log/index.ts'
export { redactText } from './log/secrets/redact.ts'
export { spawn } from './log/spawn.ts'
export { actorByQueue } from './messaging/broker/actor-by-queue.ts'
export { type BoundQueue, boundQueues } from './messaging/broker/bound-queue.ts'
export type {
  Arrival,
  Broker,
  BrokerSession,
  ConsumedQueue,
  Held,
  Link,
  Receiver,
} from './messaging/broker/broker.ts'
export type { Consumer, Failure, Replied } from './messaging/broker/consumer.ts'
export type { DeadLetterItem, DeadLetterReader } from './messaging/broker/dead-letter-reader.ts'
export { inTime } from './messaging/broker/in-time.ts'
export type { Outgoing, Sending, SendLimits } from './messaging/broker/sending.ts'
export { busOptionShapes } from './messaging/bus-option-shapes.ts'
export type { BusParts, TakenOptions } from './messaging/bus-parts.ts'
export { mostInHand } from './messaging/consuming/intake.ts'
export {
  deadLetterHeaders,
  withoutDeadLetterHeaders,
} from './messaging/dead-letters/dead-letter-headers.ts'
export { type MessageBusGiving, type MessageBusOptions, messageBus } from './messaging/message-bus.ts'
export { leaving } from './messaging/publishing/observed.ts'
export { Outbox } from './messaging/publishing/outbox.ts'
export type { OutboxRules } from './messaging/publishing/outbox-rules.ts'
export type { BatchedOptions, OrderedFor } from './messaging/topics/batch.ts'
export {
  type BackoffRule,
  backoffOf,
  backoffOption,
  deliveryRules,
  type ResolvedBackoff,
  retryLimits,
} from './messaging/topics/delivery-rules.ts'
export {
  publishOptionShapes,
  type ResolvedPublishOptions,
  type ResolvedTopicOptions,
  topicOptionShapes,
} from './messaging/topics/message-options.ts'
export {
  type Decoded,
  decode,
  type Encoded,
  encode,
  type MessageActor,
  type MessageSource,
  messageSource,
  topicOf,
} from './messaging/topics/messages.ts'
export type { PublishedTo, RepliedTo, ReplyFor } from './messaging/topics/topic.ts'
export { isPattern, matcher } from './messaging/topics/topic-pattern.ts'
export { clockOption } from './options/clock-option.ts'
export { type DurationLimits, duration, millisecondsIn } from './options/duration.ts'
export { formatOption } from './options/format-option.ts'
export {
  type OptionPlace,
  type OptionShape,
  optionShape,
  orNull,
  required,
  secret,
} from './options/option-shape.ts'
export {
  callback,
  choice,
  flag,
  lineOfText,
  objectWith,
  optionalOptions,
  options,
  realNumber,
  record,
  urlOf,
  wholeNumber,
} from './options/option-shapes.ts'
export { loadPackage } from './options/optional-package.ts'
export {
  type OptionHints,
  type OptionShapes,
  type Resolved,
  refuseBeside,
  requireTogether,
  resolveOption,
  resolveOptions,
  type ShapesOf,
} from './options/resolve-options.ts'
export { isSchema, schemaOption } from './options/schema-option.ts'
export {
  resolveServer,
  type ServerAddress,
  type ServerOptions,
  serverOptionShapes,
} from './options/server-options.ts'
export { size } from './options/size.ts'
export {
  type ClientTlsOptions,
  clientTlsOption,
  resolveClientTls,
  resolveServerTls,
  type ServerTlsOptions,
} from './options/tls.ts'
export { isPromise, letGo, type MaybePromise } from './promise.ts'
export {
  checked,
  type Issue,
  type Issues,
  type OutputOf,
  sentenceOf,
  type Validated,
  validate,
} from './schema.ts'
export { type BindAddress, type Bindable, bind, checkBind } from './serving/bind.ts'
export { type SiblingAnswer, type Siblings, siblings } from './serving/siblings.ts'
export { spanText } from './span.ts'
export { Stopwatch } from './stopwatch.ts'
export {
  asError,
  isA,
  isError,
  isPlainObject,
  nameOf,
  partOf,
  reasonOf,
  show,
  stackOf,
  textOf,
} from './thrown.ts'
export { version } from './version.ts'
export { fits, fitsWildcard } from './wildcard.ts'
