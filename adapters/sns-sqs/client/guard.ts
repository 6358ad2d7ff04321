import { Readable } from 'node:stream'
import type { S3 } from '@aws-sdk/client-s3'
import type { SNS } from '@aws-sdk/client-sns'
import type { SQS } from '@aws-sdk/client-sqs'
import type { STS } from '@aws-sdk/client-sts'
import { outside } from '../../../kernel/adapter-kit.ts'
import { isClockCorrected, markUnsent } from './errors.ts'

/** What an answer cannot do without, by operation. */
const required: Readonly<Record<string, string>> = {
  CreateQueueCommand: 'QueueUrl',
  CreateTopicCommand: 'TopicArn',
  GetCallerIdentityCommand: 'Account',
  GetQueueUrlCommand: 'QueueUrl',
  GetTopicAttributesCommand: 'Attributes',
  SubscribeCommand: 'SubscriptionArn',
}

/**
 * Adds to a client what its callers rely on. A call is made again, once, after the SDK has corrected a wrong clock. A
 * call fails if its answer is not one of AWS: the SDK reads an empty body, and a page of a proxy in between, as an
 * answer without members. So does one whose body stops coming for `timeout` milliseconds, for which the SDK has no limit. The
 * error of a call that cannot be written is marked.
 */
export function guard(client: SNS | SQS | STS, timeout: number): void {
  const { middlewareStack } = client as SQS
  middlewareStack.add(
    (next, { commandName = '' }) =>
      async (call) => {
        const { output, response } = await next(call).catch((error: unknown) => {
          if (isClockCorrected(error)) return next(call)
          throw error
        })
        checkAnswer(commandName, output, response)
        return { output, response }
      },
    { step: 'initialize', name: 'tomodachiGuard', priority: 'high' },
  )
  middlewareStack.add(
    (next) => async (call) => {
      const result = await next(call)
      limitBody((result.response as { readonly body?: unknown }).body, timeout)
      return result
    },
    { step: 'deserialize', name: 'tomodachiBody', priority: 'low' },
  )
  watchWriting(client)
}

function limitBody(body: unknown, timeout: number): void {
  if (!(body instanceof Readable)) return
  let read = bytesFor(body)
  const look = () => {
    const now = bytesFor(body)
    if (now === read) return void body.destroy(new Error(`no more of the answer has come for ${timeout} ms`))
    read = now
    timer.refresh()
  }
  const timer = outside(() => setTimeout(look, timeout))
  body.once('close', () => clearTimeout(timer))
}

/** How many bytes have come over the connection of an answer. */
function bytesFor(body: Readable): number {
  const { socket } = body as { readonly socket?: { readonly bytesRead?: number } }
  return socket?.bytesRead ?? 0
}

/** Marks the errors of calls that cannot be written. Credentials are looked for before, and may be found later. */
export function watchWriting(client: SNS | SQS | STS | S3): void {
  const { middlewareStack } = client as SQS
  const written = new WeakSet<object>()
  middlewareStack.add(
    (next, context) => (call) => {
      written.add(context)
      return next(call)
    },
    { step: 'build', name: 'tomodachiWritten', priority: 'high' },
  )
  middlewareStack.addRelativeTo(
    <Call, Answer>(next: (call: Call) => Promise<Answer>, context: object) =>
      async (call: Call) => {
        try {
          return await next(call)
        } catch (error) {
          if (!written.has(context)) markUnsent(error)
          throw error
        }
      },
    { relation: 'after', toMiddleware: 'httpAuthSchemeMiddleware', name: 'tomodachiUnsent' },
  )
}

function checkAnswer(command: string, output: object, response: unknown): void {
  const { headers = {} } = response as { readonly headers?: Readonly<Record<string, string>> }
  const { [command]: member = '' } = required
  if (/^text\/html/i.test(headers['content-type'] ?? '')) throw new Error('the answer is a page of HTML')
  if (member !== '' && !(output as Readonly<Record<string, unknown>>)[member])
    throw new Error(`the answer has no ${member}`)
}
