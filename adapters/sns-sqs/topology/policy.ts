import { randomUUID } from 'node:crypto'
import { fitsWildcard } from '../../../kernel/adapter-kit.ts'
import type { ResolvedOptions } from '../client/options.ts'

/** The policy of a queue (IAM, JSON policy elements). */
interface Policy {
  readonly Version?: string
  readonly Id?: string
  readonly Statement?: Statement | readonly Statement[]
}

interface Statement {
  readonly Effect?: string
  readonly Principal?: unknown
  readonly Action?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** Source ARNs for queues of one topic, and for queues of several. */
type PolicyOptions = Pick<ResolvedOptions, 'queuePolicy' | 'wildcardQueuePolicy'>

/**
 * The policy as the Python library writes it: for several topics the source is the common beginning of their ARNs, and
 * `*`.
 */
function queuePolicy(queueArn: string, topicArns: readonly string[], options: PolicyOptions): Policy {
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
      } as Statement,
    ],
  }
}

/**
 * The policy that lets topics send to a queue, as JSON; undefined if the present policy already does. Other statements
 * stay.
 */
export function policyChange(
  present: string | undefined,
  queueArn: string,
  topicArns: readonly string[],
  options: PolicyOptions,
): string | undefined {
  const wanted = queuePolicy(queueArn, topicArns, options)
  const given = topicArns.length > 1 ? options.wildcardQueuePolicy : options.queuePolicy
  const sources = given === undefined ? topicArns : [given]
  const statements = statementsOf(present)
  if (sources.every((source) => statements.some((statement) => allows(statement, queueArn, source))))
    return undefined
  const others = statements.length > 0 ? { ...(JSON.parse(present as string) as Policy) } : wanted
  return JSON.stringify({ ...others, Statement: [...statements, ...(wanted.Statement as Statement[])] })
}

function sourceOf(topicArns: readonly string[], { queuePolicy, wildcardQueuePolicy }: PolicyOptions): string {
  const [first = ''] = topicArns
  if (topicArns.length <= 1) return queuePolicy ?? first
  return wildcardQueuePolicy ?? `${commonBeginning(topicArns)}*`
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

function allows(
  { Effect, Action, Resource, Condition = {} }: Statement,
  queue: string,
  source: string,
): boolean {
  const actions = listOf(Action).map((action) => action.toLowerCase())
  if (Effect !== 'Allow' || !actions.some((action) => fitsWildcard(action, 'sqs:sendmessage'))) return false
  if (!listOf(Resource).some((resource) => fitsWildcard(resource, queue))) return false
  // Whether other conditions hold is unknown; one statement too many does no harm.
  const conditions = Object.values(Condition).flatMap((condition) => Object.entries(condition))
  return conditions.every(
    ([key, value]) =>
      key.toLowerCase() === 'aws:sourcearn' &&
      listOf(value).some((pattern) => pattern === source || fitsWildcard(pattern, source)),
  )
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
