import { TomodachiError } from 'tomodachi'
import { type SnsSqsOptions, snsSqs } from 'tomodachi/sns-sqs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('options of SNS+SQS')

function refusal(make: () => unknown): TomodachiError {
  try {
    make()
  } catch (error) {
    assert.instance(error, TomodachiError)
    return error as TomodachiError
  }
  return assert.unreachable('accepted') as never
}

const wrong: readonly [option: string, options: object][] = [
  ['the options of snsSqs()', ['a']],
  ['snsSqs.regions', { regions: ['a'] }],
  ['snsSqs.inspectionInterval', { inspectionInterval: '30s' }],
  ['snsSqs.name', { name: '' }],
  ['snsSqs.regionName', { regionName: 1 }],
  ['snsSqs.awsAccessKeyId', { awsAccessKeyId: '', awsSecretAccessKey: 'secret' }],
  ['snsSqs.awsSecretAccessKey', { awsAccessKeyId: 'a', awsSecretAccessKey: 'secret\n' }],
  ['snsSqs.awsSessionToken', { awsSessionToken: ['secret'] }],
  ['snsSqs.endpointUrls', { endpointUrls: 'http://a' }],
  ['snsSqs.endpointUrls.sns', { endpointUrls: { sns: 'nowhere' } }],
  ['snsSqs.endpointUrls.sts', { endpointUrls: { sts: 5 } }],
  ['snsSqs.endpointUrls.ec2', { endpointUrls: { ec2: 'http://x' } }],
  ['snsSqs.topicPrefix', { topicPrefix: 'a\nb' }],
  ['snsSqs.queueNamePrefix', { queueNamePrefix: null }],
  ['snsSqs.snsKmsMasterKeyId', { snsKmsMasterKeyId: true }],
  ['snsSqs.sqsKmsMasterKeyId', { sqsKmsMasterKeyId: 5 }],
  ['snsSqs.sqsKmsDataKeyReusePeriod', { sqsKmsDataKeyReusePeriod: '59s' }],
  ['snsSqs.sqsKmsDataKeyReusePeriod', { sqsKmsDataKeyReusePeriod: 300 }],
  ['snsSqs.sqsKmsDataKeyReusePeriod', { sqsKmsDataKeyReusePeriod: '25h' }],
  ['snsSqs.queuePolicy', { queuePolicy: {} }],
  ['snsSqs.wildcardQueuePolicy', { wildcardQueuePolicy: '' }],
  ['snsSqs.declare', { declare: 1 }],
  ['snsSqs.embedded', { embedded: null }],
  ['snsSqs.embedded', { embedded: 'yes' }],
  ['snsSqs.embedded.folder', { embedded: { folder: 'x' } }],
  ['snsSqs.embedded.dataDir', { embedded: { dataDir: '' } }],
  ['snsSqs.waitTime', { waitTime: 0 }],
  ['snsSqs.waitTime', { waitTime: 20 }],
  ['snsSqs.waitTime', { waitTime: '21s' }],
  ['snsSqs.waitTime', { waitTime: '1500ms' }],
  ['snsSqs.requestTimeout', { requestTimeout: '10 seconds' }],
  ['snsSqs.publishLinger', { publishLinger: -1 }],
  ['snsSqs.publishLinger', { publishLinger: '2m' }],
  ['snsSqs.startTimeout', { startTimeout: '25d' }],
  ['snsSqs.publishTimeout', { publishTimeout: 0 }],
  ['snsSqs.publishWindow', { publishWindow: 0 }],
  ['snsSqs.publishQueue', { publishQueue: 0.5 }],
  ['snsSqs.envelope', { envelope: {} }],
]

for (const [option, options] of wrong) {
  test(`${option} of ${JSON.stringify(options)} is refused by its name`, () => {
    const error = refusal(() => snsSqs(options))
    assert.is(error.code, 'OPTION_INVALID')
    assert.is((error.values as { option: string }).option, option)
    assert.not.match(error.message, 'secret')
  })
}

const sentences: readonly [options: object, sentence: string][] = [
  [{ region: 'a' }, 'snsSqs() has no option "region"; did you mean "regionName"?'],
  [{ accessKeyId: 'a' }, 'snsSqs() has no option "accessKeyId"; did you mean "awsAccessKeyId"?'],
  [{ awsSecretAccessKey: 'x' }, 'awsAccessKeyId is required together with awsSecretAccessKey'],
  [{ awsAccessKeyId: 'x' }, 'awsSecretAccessKey is required together with awsAccessKeyId'],
  [{ awsSessionToken: 'x' }, 'awsAccessKeyId is required together with awsSessionToken'],
  [
    { waitTime: 20 },
    'the option snsSqs.waitTime must be a duration of whole seconds from 1s to 20s, such as 20000 (milliseconds) or "20s", not 20',
  ],
]

for (const [options, sentence] of sentences)
  test(`${JSON.stringify(options)}: ${sentence}`, () =>
    assert.is(refusal(() => snsSqs(options)).message, sentence))

const right: readonly SnsSqsOptions[] = [
  {},
  { snsKmsMasterKeyId: null, sqsKmsMasterKeyId: false, queuePolicy: null, sqsKmsDataKeyReusePeriod: null },
  { snsKmsMasterKeyId: '', sqsKmsDataKeyReusePeriod: '5m', wildcardQueuePolicy: 'arn:aws:sns:*' },
  { awsAccessKeyId: 'a', awsSecretAccessKey: 'b', awsSessionToken: 'c' },
  { awsAccessKeyId: undefined, awsSecretAccessKey: undefined, waitTime: undefined, embedded: undefined },
  { embedded: { dataDir: undefined }, endpointUrls: { sns: 'http://a', sqs: undefined } },
  { waitTime: 20_000, publishLinger: 0, startTimeout: 0, publishQueue: 0 },
]

for (const options of right) test(`${JSON.stringify(options)} is taken`, () => void snsSqs(options))

test('options of sources are checked', () => {
  const bus = snsSqs()
  const wrongSources: [() => unknown, RegExp][] = [
    [() => bus.topic('t', { visibilityTimeout: '13h' }), /visibilityTimeout/],
    [
      () => bus.topic('t', { visibilityTimeout: 30 }),
      /visibilityTimeout must be a duration of whole seconds/,
    ],
    [() => bus.queue('q', { visibilityTimeout: '30' as never }), /visibilityTimeout/],
    [
      () => bus.topic('t', { maxReceiveCount: 3 }),
      /deadLetterQueueName is required together with maxReceiveCount/,
    ],
    [
      () => bus.topic('t', { maxReceiveCount: 3, deadLetterQueueName: null }),
      /deadLetterQueueName is required together with maxReceiveCount/,
    ],
    [
      () => bus.queue('q', { deadLetterQueueName: 'd' }),
      /maxReceiveCount is required together with deadLetterQueueName/,
    ],
    [() => bus.topic('t', { deadLetterQueueName: 5 as never }), /deadLetterQueueName/],
    [() => bus.topic('t', { maxNumberOfConsumedMessages: 11 }), /maxNumberOfConsumedMessages/],
    [() => bus.topic('t', { filterPolicyScope: 'Body' as never }), /"MessageAttributes" or "MessageBody"/],
    [
      () => bus.topic('t', { filterPolicy: '{' }),
      /filterPolicy must be an object, an object as JSON, or null/,
    ],
    [() => bus.topic('t', { filterPolicy: 5 as never }), /filterPolicy/],
    [() => bus.topic('t', { fifo: 'yes' as never }), /fifo must be true or false/],
    [() => bus.queue('t', { rawMessageDelivery: 1 as never }), /rawMessageDelivery/],
    [() => bus.topic('t', { queue: 'q', competing: false }), /consumers share it/],
    [() => bus.topic('t', { concurrency: 0 }), /concurrency/],
    [() => bus.topic('t', { visibility: 5 } as object), /snsSqs.topic\(\) has no option "visibility"/],
    [() => bus.topic('t', { queueName: 'q' } as object), /did you mean "queue"\?/],
    [() => bus.queue('q', { queue: 'q' } as object), /snsSqs.queue\(\) has no option "queue"/],
    [() => bus.queue('q', { filterPolicy: {} } as object), /snsSqs.queue\(\) has no option "filterPolicy"/],
    [() => bus.topic('t', { batch: 5 as never }), /snsSqs.topic.batch/],
    [() => bus.queue('a.b'), /queue must be a name/],
    [
      () => bus.topic('t', { deadLetter: 'a', deadLetterQueueName: 'b', maxReceiveCount: 1 }),
      /deadLetter and deadLetterQueueName cannot be used together/,
    ],
  ]
  for (const [make, sentence] of wrongSources) assert.match(refusal(make).message, sentence)
})

const publishing: readonly [method: 'publish' | 'sendMessage', option: string, options: object][] = [
  ['publish', 'delay', { delay: 5 }],
  ['publish', 'delay', { delay: '1s' }],
  ['publish', 'groupId', { groupId: 5 }],
  ['publish', 'groupId', { groupId: '' }],
  ['publish', 'topicPrefix', { topicPrefix: null }],
  ['publish', 'topicAttributes', { topicAttributes: { DisplayName: 5 } }],
  ['publish', 'overwriteTopicAttributes', { overwriteTopicAttributes: 'no' }],
  ['publish', 'messageAttributes', { messageAttributes: [] }],
  ['publish', 'bodyFormatter', { bodyFormatter: () => '' }],
  ['sendMessage', 'delay', { delay: '16m' }],
  ['sendMessage', 'delay', { delay: Number.NaN }],
  ['sendMessage', 'bodyFormatter', { bodyFormatter: 'x' }],
  ['sendMessage', 'deduplicationId', { deduplicationId: 5 }],
  ['sendMessage', 'topicPrefix', { topicPrefix: 'a' }],
]

for (const [method, option, options] of publishing) {
  test(`snsSqs.${method}.${option} of ${JSON.stringify(options)} is refused by its name`, async () => {
    const error: unknown = await snsSqs()
      [method]('t', 1, options as never)
      .catch((reason: unknown) => reason)
    assert.instance(error, TomodachiError)
    assert.is((error as TomodachiError).code, 'OPTION_INVALID')
    assert.is(((error as TomodachiError).values as { option: string }).option, `snsSqs.${method}.${option}`)
  })
}

test.run()
