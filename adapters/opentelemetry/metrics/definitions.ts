import { ownAttribute, ownMetric } from '../conventions/own-names.ts'
import { attribute, metric } from '../conventions/semantic-conventions.ts'

/** What a metric is. */
export interface Definition {
  readonly instrument: 'Counter' | 'Gauge' | 'Histogram' | 'UpDownCounter'
  readonly unit: string
  readonly description: string
  /** All attributes that its measurements may have. */
  readonly attributes: readonly string[]
  /** Upper bounds of the buckets of a histogram. */
  readonly boundaries?: readonly number[]
}

/** The buckets that the semantic conventions give for durations, in seconds. */
const durations = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** Up to the 30 s that Kubernetes gives to a stop. */
const drains = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20, 25, 30]

const {
  ERROR_TYPE,
  HTTP_REQUEST_METHOD,
  HTTP_RESPONSE_STATUS_CODE,
  HTTP_ROUTE,
  MESSAGING_DESTINATION_NAME,
  MESSAGING_DESTINATION_SUBSCRIPTION_NAME,
  MESSAGING_OPERATION_NAME,
  MESSAGING_OPERATION_TYPE,
  MESSAGING_SYSTEM_NAME,
  NETWORK_PROTOCOL_VERSION,
  SERVER_ADDRESS,
  SERVER_PORT,
  URL_SCHEME,
} = attribute
const messaging = [MESSAGING_SYSTEM_NAME, MESSAGING_OPERATION_NAME, MESSAGING_DESTINATION_NAME]
const handler = [ownAttribute.SERVICE, ownAttribute.TRANSPORT, ownAttribute.ADDRESS]

const histogram = (
  description: string,
  attributes: readonly string[],
  boundaries: readonly number[] = durations,
): Definition => ({ instrument: 'Histogram', unit: 's', description, attributes, boundaries })
const counter = (unit: string, description: string, attributes: readonly string[]): Definition => {
  return { instrument: 'Counter', unit, description, attributes }
}
const level = (unit: string, description: string, attributes: readonly string[]): Definition => {
  return { instrument: 'UpDownCounter', unit, description, attributes }
}
const gauge = (unit: string, description: string): Definition => {
  return { instrument: 'Gauge', unit, description, attributes: [] }
}

/** All metrics, by name. */
export const definitions = {
  [metric.HTTP_SERVER_REQUEST_DURATION]: histogram('Time from a request to the end of its answer.', [
    HTTP_REQUEST_METHOD,
    HTTP_ROUTE,
    HTTP_RESPONSE_STATUS_CODE,
    URL_SCHEME,
    NETWORK_PROTOCOL_VERSION,
    ERROR_TYPE,
  ]),
  [metric.HTTP_SERVER_ACTIVE_REQUESTS]: level('{request}', 'Requests that are not answered yet.', [
    HTTP_REQUEST_METHOD,
    URL_SCHEME,
  ]),
  [ownMetric.REQUESTS_SHED]: counter('{request}', 'Requests that were shed, because of an overload.', [
    HTTP_ROUTE,
    ownAttribute.SHED_REASON,
  ]),
  [metric.HTTP_CLIENT_REQUEST_DURATION]: histogram('Time of one attempt of a call.', [
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_SCHEME,
    ERROR_TYPE,
  ]),
  [metric.MESSAGING_PROCESS_DURATION]: histogram(
    'Time from the start of a handler until the broker has been told how it ended.',
    [...messaging, MESSAGING_DESTINATION_SUBSCRIPTION_NAME, ERROR_TYPE],
  ),
  [metric.MESSAGING_CLIENT_CONSUMED_MESSAGES]: counter(
    '{message}',
    'Messages that were handed to handlers, each time that they were.',
    [...messaging, MESSAGING_DESTINATION_SUBSCRIPTION_NAME],
  ),
  [metric.MESSAGING_CLIENT_SENT_MESSAGES]: counter(
    '{message}',
    'Messages that were published, with or without success.',
    [...messaging, ERROR_TYPE],
  ),
  [metric.MESSAGING_CLIENT_OPERATION_DURATION]: histogram(
    'Time until the broker has confirmed a published message, or publishing has failed.',
    [...messaging, MESSAGING_OPERATION_TYPE, ERROR_TYPE],
  ),
  [ownMetric.MAILBOX_WAIT]: histogram(
    'Time that a delivery has waited for its turn, where concurrency is limited or there is an order.',
    handler,
  ),
  [ownMetric.MAILBOX_DEPTH]: level('{delivery}', 'Deliveries that wait for their turn.', handler),
  [ownMetric.HANDLERS_RUNNING]: level('{handler}', 'Handlers that run.', handler),
  [ownMetric.RETRIES]: counter('{delivery}', 'Deliveries that failed and will be retried.', handler),
  [ownMetric.DEAD_LETTERS]: counter('{delivery}', 'Deliveries that were dead-lettered.', handler),
  [ownMetric.LATE_SETTLEMENTS]: counter(
    '{delivery}',
    'Handlers that ended after their delivery was taken away: by a lost lease or connection, or by a stop.',
    handler,
  ),
  [ownMetric.TICK_LATENESS]: histogram('Time from the planned moment of a tick until it runs.', handler),
  [ownMetric.TICKS_SKIPPED]: counter(
    '{tick}',
    'Ticks that were skipped because the previous one was still running.',
    handler,
  ),
  [ownMetric.DRAIN_DURATION]: histogram(
    'Time from the request to stop until all work was finished or given back.',
    [ownAttribute.DRAIN_OUTCOME],
    drains,
  ),
  [ownMetric.ADAPTERS_UNREADY]: level(
    '{adapter}',
    'Adapters that are not connected, or whose consumers are not all attached.',
    [ownAttribute.ADAPTER],
  ),
  [metric.NODEJS_EVENTLOOP_DELAY_P50]: gauge('s', 'Median delay of the event loop since the last reading.'),
  [metric.NODEJS_EVENTLOOP_DELAY_P90]: gauge(
    's',
    '90th percentile of the event loop delay since the last reading.',
  ),
  [metric.NODEJS_EVENTLOOP_DELAY_P99]: gauge(
    's',
    '99th percentile of the event loop delay since the last reading.',
  ),
  [metric.NODEJS_EVENTLOOP_DELAY_MAX]: gauge('s', 'Longest event loop delay since the last reading.'),
  [metric.NODEJS_EVENTLOOP_UTILIZATION]: gauge(
    '1',
    'Share of the time since the last reading in which the event loop was busy.',
  ),
} satisfies Readonly<Record<string, Definition>>

/** The name of a metric. */
export type MetricName = keyof typeof definitions
