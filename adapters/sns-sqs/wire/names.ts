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

/** Makes a test for ARNs that match a topic with wildcards: `*` stops at the next dot, `#` does not. */
export function topicPattern(name: string): (arn: string) => boolean {
  const pattern = partsOf(name)
  return (arn) => {
    const topic = /^arn:aws:sns:[^:]+:[^:]+:([^:]+)$/.exec(arn)?.[1]
    return topic !== undefined && fits(pattern, partsOf(topic), isPattern, takes)
  }
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
  readonly region: string
  readonly account: string
  readonly resource: string
}

/** Parses an ARN; undefined for other text. */
export function parseArn(text: string): Arn | undefined {
  const [arn, partition = '', , region = '', account = '', ...resource] = text.split(':')
  if (arn !== 'arn' || resource.length === 0) return undefined
  return { partition, region, account, resource: resource.join(':') }
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
