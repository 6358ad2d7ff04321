import { randomUUID } from 'node:crypto'
import { TomodachiError } from '../../../kernel/index.ts'
import type { ResolvedOptions } from '../client/options.ts'
import { appliesTo, type Statement } from './statement.ts'

/** SQS developer guide, "Amazon SQS policy quotas". */
const most = { statements: 20, bytes: 8_192 }

/** The policy of a queue (IAM, JSON policy elements). */
interface Policy {
  readonly Version?: string
  readonly Id?: string
  readonly Statement?: Statement | readonly Statement[]
}

/** Source ARNs for queues of one topic, and for queues of several. */
type PolicyOptions = Pick<ResolvedOptions, 'queuePolicy' | 'wildcardQueuePolicy'>

/**
 * The policy as the Python library writes it: for several topics the source is the common beginning of their ARNs, and
 * `*`.
 */
function queuePolicy(queueArn: string, topicArns: readonly string[], options: PolicyOptions) {
  return {
    Version: '2012-10-17',
    Id: `${queueArn}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: `${randomUUID()}${Date.now()}`,
        Effect: 'Allow',
        Principal: '*',
        Action: 'SQS:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': sourceOf(topicArns, options) } },
      },
    ],
  } satisfies Policy
}

/**
 * The policy that lets topics send to a queue, as JSON; undefined if the present policy already does. Other statements
 * stay. Throws `QUEUE_POLICY_FULL`.
 */
export function policyChange(
  present: string | undefined,
  queueArn: string,
  topicArns: readonly string[],
  options: PolicyOptions,
): string | undefined {
  const given = topicArns.length > 1 ? options.wildcardQueuePolicy : options.queuePolicy
  const sources = given === undefined ? topicArns : [given]
  const statements = statementsOf(present)
  const allowing = statements.filter(({ Effect }) => Effect === 'Allow')
  // A statement that may allow it, or may not, gets company: one too many does no harm.
  if (sources.every((source) => allowing.some((statement) => appliesTo(statement, queueArn, source))))
    return undefined
  const wanted = queuePolicy(queueArn, topicArns, options)
  const others = statements.length > 0 ? (JSON.parse(present as string) as Policy) : wanted
  const all = [...statements, ...wanted.Statement]
  const policy = JSON.stringify({ ...others, Statement: all })
  checkSize(queueArn, all.length, Buffer.byteLength(policy))
  return policy
}

/** The statement of a policy that denies a topic to send to a queue. It takes precedence over any that allows it. */
export function denying(
  present: string | undefined,
  queueArn: string,
  topicArns: readonly string[],
): { readonly topic: string; readonly statement: string } | undefined {
  for (const [place, statement] of statementsOf(present).entries()) {
    const topic = topicArns.find((arn) => statement.Effect === 'Deny' && appliesTo(statement, queueArn, arn))
    if (topic !== undefined) return { topic, statement: statement.Sid ?? `number ${place + 1}` }
  }
  return undefined
}

function checkSize(queue: string, statements: number, bytes: number): void {
  if (statements > most.statements)
    throw new TomodachiError('QUEUE_POLICY_FULL', {
      queue,
      size: `${statements} statements`,
      most: `${most.statements}`,
    })
  if (bytes > most.bytes)
    throw new TomodachiError('QUEUE_POLICY_FULL', { queue, size: `${bytes} bytes`, most: `${most.bytes}` })
}

/** Topics of several regions or accounts are named one by one: each part of an ARN is compared by itself. */
function sourceOf(
  topicArns: readonly string[],
  { queuePolicy, wildcardQueuePolicy }: PolicyOptions,
): string | readonly string[] {
  const [first = ''] = topicArns
  if (topicArns.length <= 1) return queuePolicy ?? first
  const beginning = commonBeginning(topicArns)
  return wildcardQueuePolicy ?? (beginning.split(':').length < 6 ? topicArns : `${beginning}*`)
}

function commonBeginning(texts: readonly string[]): string {
  const [first = '', ...others] = texts
  let length = first.length
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--
  return first.slice(0, length)
}

function statementsOf(policy: string | undefined): readonly Statement[] {
  if (!policy) return []
  try {
    const { Statement = [] } = JSON.parse(policy) as Policy
    return Array.isArray(Statement) ? Statement : [Statement as Statement]
  } catch {
    return []
  }
}
