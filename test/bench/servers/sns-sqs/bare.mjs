import { SNS } from '@aws-sdk/client-sns'
import { SQS } from '@aws-sdk/client-sqs'
import { report } from '../report.mjs'
import {
  batchSize,
  credentials,
  deleteLinger,
  endpoint,
  format,
  name,
  publishLinger,
  region,
} from './contents.mjs'
import { called, handler, settled, tasks } from './stage.mjs'

/** Loops that receive; with twice or half as many it is not faster. */
const pollers = 4

const sns = counted(new SNS({ region, credentials, endpoint, maxAttempts: 1 }))
const sqs = counted(new SQS({ region, credentials, endpoint, maxAttempts: 1 }))
const polls = counted(new SQS({ region, credentials, endpoint, maxAttempts: 1 }))

const { TopicArn } = await sns.createTopic({ Name: name })
const { QueueUrl } = await sqs.createQueue({ QueueName: name })
const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] })
await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: Attributes.QueueArn })

const publish = batched(publishLinger, async (messages) => {
  const entries = messages.map((Message, index) => ({ Id: String(index), Message }))
  check(await sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries }))
})

const remove = batched(deleteLinger, async (handles) => {
  const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
  check(await sqs.deleteMessageBatch({ QueueUrl, Entries }))
})

for (let count = pollers; count > 0; count--) receive()

report({}, tasks(publish))

async function receive() {
  const request = {
    QueueUrl,
    MaxNumberOfMessages: batchSize,
    WaitTimeSeconds: 20,
    MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    MessageAttributeNames: ['All'],
  }
  for (;;) {
    const { Messages = [] } = await polls.receiveMessage(request)
    for (const { Body, ReceiptHandle } of Messages) handle(Body, ReceiptHandle)
  }
}

async function handle(body, receiptHandle) {
  await handler(format.parse(JSON.parse(body).Message))
  await remove(receiptHandle)
  settled()
}

/** A function that puts items which come within a few milliseconds into one call. */
function batched(linger, call) {
  let items = []
  let sent = Promise.withResolvers()
  let timer
  const flush = () => {
    clearTimeout(timer)
    call(items).then(sent.resolve, sent.reject)
    items = []
    sent = Promise.withResolvers()
  }
  return (item) => {
    const { promise } = sent
    items.push(item)
    if (items.length === batchSize) flush()
    else if (items.length === 1) timer = setTimeout(flush, linger)
    return promise
  }
}

function check({ Failed = [] }) {
  if (Failed.length > 0) throw new Error(`${Failed.length} entries failed`)
}

function counted(client) {
  const count = (next, { commandName }) => {
    return (request) => {
      called(commandName.replace(/Command$/, ''))
      return next(request)
    }
  }
  client.middlewareStack.add(count, { step: 'initialize', name: 'count' })
  return client
}
