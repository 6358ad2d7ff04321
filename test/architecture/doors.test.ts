// time limit: 180 s
// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exportsOf } from './doors.ts'
import { projectFiles } from './sources.ts'

/** What a service is written with: values, then types. A name that is added here is promised to users. */
const SERVICE_VALUES = `
  BatchFailure DeadLetter Drop Kernel Retry Service TomodachiError
  captureLogs configureLogging exit getContext getLogger getService guard hasCode manualClock on reply run topic use`
const SERVICE_TYPES = `
  ActorOptions Adapter AdapterContext AnyErrorCode AnyMiddleware
  Backoff BatchGiven BatchOptions Bus BusEvent BusEvents
  CaptureOptions Clock ContextOf
  DataOf DeadLetterMessage DeadLetterQueue DeadLetterQueues DeadLetterWork Delivery DeliveryRules Duration
  ErrorCatalogue ErrorCode ErrorValues ExecutionContext
  GivenFor Guard
  HandlerContext HookContext Hooks
  KernelOptions
  LifecycleState LifecycleStep LogFormat LogRecord LogSink Logger LoggingOptions
  ManualClock MessageBus MessageGiven Middleware Middlewares
  Next Outcome
  PublishOptions Published
  RedriveWork RequestTopic RetryOptions
  Schema ServiceOptions Settlement Size Source
  Topic TopicOptions
  UseContextOf`

/** What an adapter is written with: an author of one needs each of these. */
const ADAPTER_VALUES = `
  Bag Fifo InFlight Outbox Stopwatch
  actorByQueue asError backoffOf backoffOption bind boundQueues busOptionShapes callback checkBind checked choice clientTlsOption clockOption currentContext
  deadLetterHeaders declaredErrors decode deliveryRules duration
  encode errors fits fitsWildcard flag formatOption inBrief inTime isA isError isPattern isPlainObject isPromise isSchema jsonLogLine kernelOf leaving letGo lineOfText loadPackage
  matcher messageBus messageSource middlewareList millisecondsIn mostInHand nameOf objectWith optionShape orNull optionalOptions options outside
  partOf publishOptionShapes realNumber record reasonOf redactText refuseBeside requireTogether required resolveClientTls resolveOption resolveOptions resolveServer resolveServerTls retryLimits
  schemaOption secret sentenceOf serverOptionShapes show siblings size spanText spawn stackOf statusOf systemClock textOf topicOf topicOptionShapes traceHeaders traceOf
  validate urlOf validated version watchLog wholeNumber withTrace withoutDeadLetterHeaders`
const ADAPTER_TYPES = `
  Actor AdapterStart AddedBy AddedByAll AddedByEnd AddedByUse Arrival Arriving ArrivingOf
  BackoffRule BatchedOptions BindAddress Bindable BoundQueue Brief Broker BrokerSession BusParts
  CancellableDelivery Catalogued Chained ClientTlsOptions ConsumedQueue Consumer
  DeadLetterItem DeadLetterReader Departure DeclaredCode DeclaredCodes DeclaredError Decoded Deliver DurationLimits
  Encoded ErrorDefinition ErrorSentence
  Ending EndingIn Failure FailureRule Fits GivenOf HandledSource Held Instrument Issue Issues Link
  MaybePromise MessageActor MessageBusGiving MessageBusOptions MessageSource
  OptionHints OptionPlace OptionShape OptionShapes OrderedFor OutboxRules Outgoing OutputOf Placed Plain PublishedTo
  Receiver Registration Replied RepliedTo ReplyFor ReplyOf ReplyParts Resolved ResolvedBackoff ResolvedPublishOptions ResolvedTopicOptions
  RunningKernel RunningService SendLimits SiblingAnswer Siblings Sending ServerAddress ServerOptions ServerTlsOptions Settle ShapesOf SourceAddress
  TakenOptions TraceHeaders Unpublished Unvalidated Usable UsableList Validated Validation`

/** Helpers of ours, which no entry of the package shows. */
const HELPERS = `
  createRouter pythonJson restartDelay supervise Supervisor openBuses serviceBrand isProduction createRecord jsonLine
  forwardSignals stopSignals finishLogs levelNames toLogSink visible wantsColors errorCodes`

const entries = projectFiles()
  .map(({ path }) => path)
  .filter((path) =>
    /^(adapters\/[a-z-]+\/|envelopes\/|statecharts\/|kernel\/)(index|adapter-kit)\.ts$/.test(path),
  )
const sample = 'test/architecture/door-sample.ts'
// Together, as each reading takes the compiler seconds.
const read = exportsOf([...entries, sample])
const exported = new Map([...read].filter(([path]) => path !== sample))

const doors = suite('architecture: doors')

const words = (text: string) => text.trim().split(/\s+/).sort()

/** How a door differs from its lists here. */
function differences(path: string, values: string, types: string): string[] {
  const found = exported.get(path) ?? []
  return [values, types].flatMap((text, isType) => {
    const listed = words(text)
    const names = found.filter((entry) => entry.isType === Boolean(isType)).map(({ name }) => name)
    const extra = names.filter((name) => !listed.includes(name))
    const missing = listed.filter((name) => !names.includes(name))
    const kind = isType ? 'type' : 'value'
    return [
      ...extra.map((name) => `${path} exports the ${kind} ${name}, which is not listed here`),
      ...missing.map((name) => `${path} does not export the ${kind} ${name}, which is listed here`),
    ]
  })
}

doors('tomodachi shows what services are written with, and nothing else', () => {
  assert.equal(differences('kernel/index.ts', SERVICE_VALUES, SERVICE_TYPES), [])
  assert.ok(words(SERVICE_VALUES).length + words(SERVICE_TYPES).length <= 80)
})

doors('tomodachi/adapter-kit shows what adapters are written with, and nothing else', () => {
  assert.equal(differences('kernel/adapter-kit.ts', ADAPTER_VALUES, ADAPTER_TYPES), [])
})

doors('what is exported and not listed is noticed, and what is listed and not exported', () => {
  assert.is(differences('kernel/index.ts', SERVICE_VALUES.replace('run', ''), SERVICE_TYPES).length, 1)
  assert.is(differences('kernel/index.ts', `${SERVICE_VALUES} walk`, SERVICE_TYPES).length, 1)
  assert.is(differences('kernel/index.ts', SERVICE_VALUES, `${SERVICE_TYPES} run`).length, 1)
})

doors('no name stands in both doors of the kernel', () => {
  const both = (exported.get('kernel/index.ts') ?? []).map(({ name }) => name)
  assert.equal(
    (exported.get('kernel/adapter-kit.ts') ?? []).filter(({ name }) => both.includes(name)),
    [],
  )
})

doors('no entry shows helpers of ours', () => {
  const helpers = new Set(words(HELPERS))
  const shown = [...exported].flatMap(([path, found]) =>
    found.filter(({ name }) => helpers.has(name)).map(({ name }) => `${path} shows ${name}`),
  )
  assert.equal(shown, [])
})

doors('each name that an entry exports has a doc comment where it is declared', () => {
  assert.ok(exported.size >= 11)
  const silent = [...exported].flatMap(([path, found]) =>
    found.filter(({ isDocumented }) => !isDocumented).map(({ name }) => `${name} of ${path}`),
  )
  assert.equal(silent, [])
})

doors('the reader of doors tells values from types, and notices what has no doc comment', () => {
  assert.equal(read.get(sample), [
    { name: 'Described', isType: true, isDocumented: true },
    { name: 'Silent', isType: true, isDocumented: false },
    { name: 'silent', isType: false, isDocumented: false },
    { name: 'told', isType: false, isDocumented: true },
  ])
})

doors.run()
