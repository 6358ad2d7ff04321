import type { Attributes } from '@opentelemetry/api'
import type { Bus, Delivery, Settlement } from '../../../kernel/index.ts'
import type { Ticked } from '../../schedule/index.ts'
import { errorTypeOf } from '../conventions/error-type.ts'
import { skipped, ticked } from '../conventions/events.ts'
import { ownAttribute, ownMetric } from '../conventions/own-names.ts'
import { attribute, metric, systemOf } from '../conventions/semantic-conventions.ts'
import type { Instruments } from './instruments.ts'
import type { Tally } from './tally.ts'

type Actor = Delivery['actor']
type Count = Pick<Tally, 'add'>

/** A source of messages, as far as its metrics tell of it. */
interface TopicSource {
  readonly topic: { readonly name: string }
  readonly options: { readonly queue?: string | undefined }
}

/** What is counted for one handler. */
interface Counted {
  readonly attributes: Attributes
  /** Undefined for a handler of anything but messages. */
  readonly message: Attributes | undefined
  readonly consumed: Count | undefined
  readonly retries: Count | undefined
  readonly deadLetters: Count | undefined
  readonly late: Count
  /** Whether its deliveries may have to wait. */
  readonly waits: boolean
}

/** Measures what handlers do: how long deliveries wait and messages take, and how they end. */
export function measureHandlers(bus: Bus, instruments: Instruments): void {
  const countedOf = countingWith(instruments)
  const wait = instruments.histogram(ownMetric.MAILBOX_WAIT)
  const duration = instruments.histogram(metric.MESSAGING_PROCESS_DURATION)
  bus.on('received', ({ actor, envelope }) => {
    const { consumed } = countedOf(actor)
    if (consumed) consumed.add((envelope.given as { readonly batch?: readonly unknown[] }).batch?.length)
  })
  bus.on('settled', (delivery) => {
    const { actor, settlement, startedAt, receivedAt } = delivery
    const { attributes, message, waits, retries, deadLetters } = countedOf(actor)
    // Neither time is taken while nobody watches.
    if (waits && startedAt > 0 && receivedAt > 0) wait.record(startedAt - receivedAt, attributes, delivery)
    if (settlement?.state === 'released' && settlement.failed) retries?.add()
    if (settlement?.state === 'deadLettered') deadLetters?.add()
    if (!message || !settlement || startedAt === 0) return
    const type = failureOf(settlement)
    const all = type === undefined ? message : { ...message, [attribute.ERROR_TYPE]: type }
    duration.record(performance.now() - startedAt, all, delivery)
  })
  bus.on('late', ({ actor }) => countedOf(actor).late.add())
  measureTicks(bus, instruments)
}

function measureTicks(bus: Bus, instruments: Instruments): void {
  const lateness = instruments.histogram(ownMetric.TICK_LATENESS)
  const count = instruments.counter(ownMetric.TICKS_SKIPPED)
  const kept = new Map<Ticked['actor'], { readonly attributes: Attributes; readonly skipped: Count }>()
  const keptOf = (actor: Ticked['actor']) => {
    const known = kept.get(actor)
    if (known) return known
    const attributes = attributesOf(actor)
    const made = { attributes, skipped: count(attributes) }
    kept.set(actor, made)
    return made
  }
  bus.on(ticked, ({ actor, lateness: milliseconds }) => {
    lateness.record(milliseconds, keptOf(actor).attributes)
  })
  bus.on(skipped, ({ actor }) => keptOf(actor).skipped.add())
}

/** Makes what is counted for a handler when that has its first delivery. */
function countingWith(instruments: Instruments): (actor: Actor) => Counted {
  const byActor = new Map<Actor, Counted>()
  const consumed = instruments.counter(metric.MESSAGING_CLIENT_CONSUMED_MESSAGES)
  const retries = instruments.counter(ownMetric.RETRIES)
  const deadLetters = instruments.counter(ownMetric.DEAD_LETTERS)
  const late = instruments.counter(ownMetric.LATE_SETTLEMENTS)
  const levels = (read: (load: Actor['load']) => number) => () =>
    [...byActor].map(([actor, { attributes }]) => [actor, read(actor.load), attributes] as const)
  instruments.levels(
    ownMetric.MAILBOX_DEPTH,
    levels(({ waiting }) => waiting),
  )
  instruments.levels(
    ownMetric.HANDLERS_RUNNING,
    levels(({ running }) => running),
  )
  return (actor) => {
    const known = byActor.get(actor)
    if (known) return known
    const attributes = attributesOf(actor)
    const message = messageOf(actor)
    const counted: Counted = {
      attributes,
      message,
      consumed: message && consumed(message),
      retries: message && retries(attributes),
      deadLetters: message && deadLetters(attributes),
      late: late(attributes),
      waits: actor.ordered || actor.concurrency !== Number.POSITIVE_INFINITY,
    }
    byActor.set(actor, counted)
    return counted
  }
}

function attributesOf({ service, source }: Ticked['actor']): Attributes {
  return {
    [ownAttribute.SERVICE]: service.name,
    [ownAttribute.TRANSPORT]: source.transport,
    [ownAttribute.ADDRESS]: source.address,
  }
}

/** The destination is the topic as it was declared: the names of single messages would make a series each. */
function messageOf(actor: Actor): Attributes | undefined {
  const { transport } = actor.source
  const { topic, options } = actor.source as Partial<TopicSource>
  if (typeof topic?.name !== 'string') return undefined
  const attributes: Attributes = {
    [attribute.MESSAGING_SYSTEM_NAME]: systemOf(transport),
    [attribute.MESSAGING_OPERATION_NAME]: 'process',
    [attribute.MESSAGING_DESTINATION_NAME]: topic.name,
  }
  if (options?.queue !== undefined)
    attributes[attribute.MESSAGING_DESTINATION_SUBSCRIPTION_NAME] = options.queue
  return attributes
}

/** Why a delivery was not acked: what was thrown, else how it ended. */
function failureOf(settlement: Settlement): string | undefined {
  if (settlement.state === 'acked') return undefined
  return settlement.error === undefined ? settlement.state : errorTypeOf(settlement.error)
}
