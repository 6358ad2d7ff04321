import { createHash } from 'node:crypto'
import { fits } from '../../../kernel/adapter-kit.ts'
import { TomodachiError } from '../../../kernel/index.ts'

const foreign = /[^a-zA-Z0-9_*#-]/gu
const encoded = /___((?:[0-9a-f]{2})+)_/g
const fifoEnding = '.fifo'
/** The most characters of a queue's name, `.fifo` included (SQS developer guide, quotas). */
const longestQueueName = 80

/**
 * A topic as the Python library names it in SNS: any character except letters, digits, `-`, `_`, wildcards and `.fifo`
 * becomes `___<UTF-8 as hex>_`.
 */
export function encodeTopic(topic: string): string {
  const { stem, ending } = parted(topic)
  return stem.replace(foreign, (character) => `___${Buffer.from(character).toString('hex')}_`) + ending
}

/** A topic as people write it. */
export function decodeTopic(name: string): string {
  return name.includes('___')
    ? name.replace(encoded, (_, hex: string) => Buffer.from(hex, 'hex').toString())
    : name
}

/** Name of a topic in SNS. Throws `OPTION_INVALID` for a name that SNS does not allow. */
export function topicName(topic: string, { prefix = '', fifo = false } = {}): string {
  const { stem, ending } = parted(topic)
  const name = encodeTopic(prefix + stem + (fifo ? fifoEnding : ending))
  if (/^[\w*#-]{1,256}(\.fifo)?$/.test(name) && name.length <= 256) return name
  throw new TomodachiError('OPTION_INVALID', {
    option: 'topic',
    expected:
      'a name of at most 256 characters (characters other than letters, digits, - and _ count several times)',
    actual: topic,
  })
}

/** Whether a topic or queue is FIFO, by its name. */
export function isFifo(name: string): boolean {
  return name.endsWith(fifoEnding)
}

/** Default name of a queue that all instances share, as in the Python library. */
export function sharedQueueName(topic: string): string {
  return sha256(encodeTopic(topic))
}

/** Name of a queue that belongs to one instance, as in the Python library. */
export function ownQueueName(topic: string, handler: string, uuid: string): string {
  return sha256(encodeTopic(topic) + handler + uuid)
}

/** Name of a queue in SQS. Throws `OPTION_INVALID` for a name that SQS does not allow. */
export function queueName(queue: string, { prefix = '', fifo = false } = {}): string {
  const { stem, ending } = parted(prefix + queue)
  const name = stem + (fifo ? fifoEnding : ending)
  if (/^[\w-]+(\.fifo)?$/.test(name) && name.length <= longestQueueName) return name
  throw new TomodachiError('OPTION_INVALID', {
    option: 'queue',
    expected: `a name of at most ${longestQueueName} letters, digits, - and _`,
    actual: prefix + queue,
  })
}

/** A prefix, and whether the name ends in `.fifo`. */
interface Naming {
  readonly prefix?: string
  readonly fifo?: boolean
}

const queueArn = /^arn:[\w-]+:sqs:[\w-]+:\d{12}:[\w-]{1,80}(\.fifo)?$/
const topicArn = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/

/** Whether a queue, or a topic, is named by an ARN or a URL. Then it exists, and prefixes do not apply. */
export function isAddress(name: string): boolean {
  return /^(arn|https?):/.test(name)
}

/** A queue as it is looked up: its ARN or URL if that is given, else its name in SQS. Throws `OPTION_INVALID`. */
export function queueAddress(queue: string, naming: Naming = {}, option = 'queue'): string {
  if (!isAddress(queue)) return queueName(queue, naming)
  if (queue.startsWith('arn:') ? queueArn.test(queue) : shortName(queue) !== '') return queue
  const expected = 'the ARN of a queue, such as arn:aws:sqs:eu-west-1:123456789012:orders, or its URL'
  throw new TomodachiError('OPTION_INVALID', { option, expected, actual: queue })
}

/** A topic as it is looked up: its ARN if that is given, else its name in SNS. Throws `OPTION_INVALID`. */
export function topicAddress(topic: string, naming: Naming = {}): string {
  if (!topic.startsWith('arn:')) return topicName(topic, naming)
  if (topicArn.test(topic) && (isFifo(topic) || !naming.fifo)) return topic
  const kind = naming.fifo ? 'FIFO topic' : 'topic'
  const expected = `the ARN of a ${kind}, such as arn:aws:sns:eu-west-1:123456789012:orders${naming.fifo ? '.fifo' : ''}`
  throw new TomodachiError('OPTION_INVALID', { option: 'topic', expected, actual: topic })
}

/** Default name of the dead-letter queue: `<queue>-dead`, because SQS allows no dot. It is shortened if it is too long. */
export function deadLetterName(queue: string): string {
  const { stem, ending } = parted(queue)
  const ends = `-dead${ending}`
  const room = longestQueueName - ends.length
  const mark = `-${sha256(stem).slice(0, 8)}`
  return (stem.length <= room ? stem : stem.slice(0, room - mark.length) + mark) + ends
}

/** Whether a topic stands for several. */
export function isPattern(topic: string): boolean {
  return /[*#]/.test(topic)
}

/** Makes a test for topics that match one with wildcards: `*` stops at the next dot, `#` does not. All are names on the wire. */
export function topicPattern(name: string): (topic: string) => boolean {
  const pattern = partsOf(name)
  return (topic) => topic !== '' && fits(pattern, partsOf(topic), isPattern, takes)
}

/** The characters of a name; an encoded dot counts as one. */
function partsOf(name: string): readonly string[] {
  return name.match(/___2e_|./gu) ?? []
}

function takes(part: string, character: string): boolean {
  return part === '#' || part === character || (part === '*' && character !== '___2e_')
}

/** The parts of an Amazon Resource Name: `arn:<partition>:<service>:<region>:<account>:<resource>`. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

/** Parses an ARN; undefined for other text. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition = '', service = '', region = '', account = '', ...resource] = text.split(':')
  if (arn !== 'arn' || resource.length === 0) return undefined
  return { partition, service, region, account, resource: resource.join(':') }
}

/** Region and account in the ARN of a queue or its URL, as far as they say so: URLs of emulators may not. */
export function placeOf(address: string): { readonly region?: string; readonly account?: string } {
  const arn = parseArn(address)
  if (arn) return arn
  const { hostname = '', pathname = '' } = URL.parse(address) ?? {}
  // Amazon SQS endpoints and quotas: regional, FIPS, dual-stack, VPC and legacy endpoints.
  const region =
    /^(?:[\w-]+\.)?sqs(?:-fips)?\.([\w-]+)\.(?:amazonaws|api\.aws|vpce\.amazonaws)(?:\.|$)|^([\w-]+)\.queue\.amazonaws\./.exec(
      hostname,
    )
  const account = /^\/(\d{12})\//.exec(pathname)
  return {
    ...(region && { region: (region[1] ?? region[2]) as string }),
    ...(account && { account: account[1] as string }),
  }
}

/** The name of a queue in a name, an ARN or a URL. */
export function shortName(queue: string): string {
  return parseArn(queue)?.resource ?? queue.slice(queue.lastIndexOf('/') + 1)
}

/** Name of a topic on the wire, by its ARN; empty for other text. */
export function topicIn(arn: string): string {
  return arn.startsWith('arn:') ? arn.slice(arn.lastIndexOf(':') + 1) : ''
}

function parted(name: string): { readonly stem: string; readonly ending: string } {
  return isFifo(name)
    ? { stem: name.slice(0, -fifoEnding.length), ending: fifoEnding }
    : { stem: name, ending: '' }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
