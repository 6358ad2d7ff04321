import { type Catalogued, errors } from '../errors.ts'
import { show } from '../thrown.ts'

/** The errors that all message buses share. */
const codes = errors('messaging', {
  BATCH_PLACE_INVALID: (v: { place: unknown; reason: string }) =>
    `BatchFailure names the place ${show(v.place)}, which is invalid: ${v.reason}; the whole batch counts as failed`,
  BROKER_LOGIN_REFUSED: (v: { broker: string; reason: string }) =>
    `the broker at ${v.broker} refused the login; check login and password (${v.reason})`,
  BROKER_OBJECT_MISSING: (v: { kind: string; name: string; without?: string }) =>
    `the ${v.kind} "${v.name}" does not exist on the broker; create it there, or check its name${v.without === undefined ? '' : `; without ${v.without} the bus creates it`}`,
  BROKER_REFUSED: (v: { reason: string }) => `the broker refused an operation: ${v.reason}`,
  BROKER_UNREACHABLE: {
    status: 503,
    sentence: (v: { broker: string; reason: string }) =>
      `cannot connect to the broker at ${v.broker}: ${v.reason}`,
  },
  DEAD_LETTER_LOOP: (v: { way: string }) =>
    `messages that cannot be handled would go round for ever: ${v.way}; set \`deadLetter\` to a queue that leads to none of these`,
  DEAD_LETTER_ORIGIN: (v: { queue: string }) =>
    `a message in "${v.queue}" does not say which queue it came from; name that queue in the option "to"`,
  MESSAGE_TOO_LARGE: (v: { topic: string; bytes: number; limit: number }) =>
    `the message for ${v.topic} has ${v.bytes} bytes with its attributes, but only ${v.limit} are allowed; store the data elsewhere and send a reference to it`,
  PATTERN_INVALID: (v: { pattern: string; reason: string }) =>
    `the topic pattern "${v.pattern}" is invalid: ${v.reason}`,
  PUBLISH_OVERFLOW: {
    status: 503,
    sentence: (v: { topic: string; waiting: number }) =>
      `the message for ${v.topic} was refused because ${v.waiting} others are waiting to be published; await each publish, or raise publishQueue`,
  },
  PUBLISH_REFUSED: {
    status: 503,
    sentence: (v: { topic: string; reason: string }) =>
      `the broker did not accept the message for ${v.topic}: ${v.reason}`,
  },
  PUBLISH_TIMEOUT: {
    status: 503,
    sentence: (v: { topic: string; milliseconds: number; reason: string }) =>
      `the message for ${v.topic} was not confirmed within ${v.milliseconds} ms: ${v.reason}`,
  },
  PUBLISH_UNROUTABLE: (v: { topic: string }) =>
    `no queue receives the message for ${v.topic}; start a consumer first, or remove mandatory`,
  QUEUE_NOT_CONSUMED: {
    status: 503,
    sentence: (v: { queue: string; reason: string }) =>
      `the queue "${v.queue}" cannot be consumed: ${v.reason}`,
  },
  QUEUE_NOT_COMPETING: (v: { queue: string }) =>
    `the queue "${v.queue}" has a name, so its consumers share it; leave out either the name or competing: false`,
  QUEUE_SHARED: (v: { queue: string; first: string; second: string }) =>
    `handlers ${v.first} and ${v.second} both consume "${v.queue}", so each would get only some of its messages; give each its own \`queue\``,
  QUEUE_UNKNOWN: (v: { queue: string; hint: string }) =>
    `there is no dead-letter queue ${show(v.queue)}; ${v.hint}`,
  REDELIVERED_TOO_OFTEN: (v: { topic: string; redeliveries: number; most: number }) =>
    `the message of ${v.topic} came back ${v.redeliveries} times without having been settled, but retry.redeliveries allows only ${v.most}; find out why: its process died, its connection was lost, or its handler ran too long`,
  TOPIC_WITH_WILDCARD: (v: { topic: string }) =>
    `cannot publish to "${v.topic}" because it has wildcards; name one topic`,
})

declare module '../errors.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
