/**
 * The names of OpenTelemetry's Semantic Conventions 1.45.0, https://opentelemetry.io/docs/specs/semconv: HTTP is stable;
 * messaging, faas and nodejs are in development and may be renamed, so that they stand here with their version.
 */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0'

/** Attributes that any signal may have. */
export const attribute = {
  CLIENT_ADDRESS: 'client.address',
  CODE_FUNCTION_NAME: 'code.function.name',
  ERROR_TYPE: 'error.type',
  EXCEPTION_MESSAGE: 'exception.message',
  EXCEPTION_STACKTRACE: 'exception.stacktrace',
  EXCEPTION_TYPE: 'exception.type',
  HTTP_REQUEST_METHOD: 'http.request.method',
  HTTP_REQUEST_METHOD_ORIGINAL: 'http.request.method_original',
  HTTP_REQUEST_RESEND_COUNT: 'http.request.resend_count',
  HTTP_RESPONSE_STATUS_CODE: 'http.response.status_code',
  HTTP_ROUTE: 'http.route',
  NETWORK_PEER_ADDRESS: 'network.peer.address',
  NETWORK_PEER_PORT: 'network.peer.port',
  NETWORK_PROTOCOL_NAME: 'network.protocol.name',
  NETWORK_PROTOCOL_VERSION: 'network.protocol.version',
  SERVER_ADDRESS: 'server.address',
  SERVER_PORT: 'server.port',
  URL_FULL: 'url.full',
  URL_PATH: 'url.path',
  URL_QUERY: 'url.query',
  URL_SCHEME: 'url.scheme',
  USER_AGENT_ORIGINAL: 'user_agent.original',

  AWS_SNS_TOPIC_ARN: 'aws.sns.topic.arn',
  AWS_SQS_QUEUE_URL: 'aws.sqs.queue.url',
  MESSAGING_BATCH_MESSAGE_COUNT: 'messaging.batch.message_count',
  MESSAGING_DESTINATION_NAME: 'messaging.destination.name',
  MESSAGING_DESTINATION_SUBSCRIPTION_NAME: 'messaging.destination.subscription.name',
  MESSAGING_DESTINATION_TEMPLATE: 'messaging.destination.template',
  MESSAGING_MESSAGE_BODY_SIZE: 'messaging.message.body.size',
  MESSAGING_MESSAGE_ID: 'messaging.message.id',
  MESSAGING_OPERATION_NAME: 'messaging.operation.name',
  MESSAGING_OPERATION_TYPE: 'messaging.operation.type',
  MESSAGING_SYSTEM_NAME: 'messaging.system.name',
  RABBITMQ_DESTINATION_ROUTING_KEY: 'rabbitmq.destination.routing_key',

  FAAS_CRON: 'faas.cron',
  FAAS_TIME: 'faas.time',
  FAAS_TRIGGER: 'faas.trigger',
} as const

/** Names of metrics. */
export const metric = {
  HTTP_CLIENT_REQUEST_DURATION: 'http.client.request.duration',
  HTTP_SERVER_ACTIVE_REQUESTS: 'http.server.active_requests',
  HTTP_SERVER_REQUEST_DURATION: 'http.server.request.duration',
  MESSAGING_CLIENT_CONSUMED_MESSAGES: 'messaging.client.consumed.messages',
  MESSAGING_CLIENT_OPERATION_DURATION: 'messaging.client.operation.duration',
  MESSAGING_CLIENT_SENT_MESSAGES: 'messaging.client.sent.messages',
  MESSAGING_PROCESS_DURATION: 'messaging.process.duration',
  NODEJS_EVENTLOOP_DELAY_MAX: 'nodejs.eventloop.delay.max',
  NODEJS_EVENTLOOP_DELAY_P50: 'nodejs.eventloop.delay.p50',
  NODEJS_EVENTLOOP_DELAY_P90: 'nodejs.eventloop.delay.p90',
  NODEJS_EVENTLOOP_DELAY_P99: 'nodejs.eventloop.delay.p99',
  NODEJS_EVENTLOOP_UTILIZATION: 'nodejs.eventloop.utilization',
} as const

/** Methods of HTTP that keep their name: RFC 9110 and PATCH (RFC 5789). Any other is `_OTHER`. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
])

const messagingSystems: Readonly<Record<string, string>> = { amqp: 'rabbitmq', 'sns-sqs': 'aws.sqs' }

/** `messaging.system.name` of the messages of a transport; one without a name there has its own. */
export function systemOf(transport: string): string {
  return messagingSystems[transport] ?? transport
}

/** `server.address` of a host as URLs have it: an address of IPv6 stands without brackets. */
export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
