import { fits } from '../../../kernel/adapter-kit.ts'
import { parseArn } from '../wire/names.ts'

type Texts = string | readonly string[]

/** A statement of a policy (IAM user guide, "IAM JSON policy elements reference"). */
export interface Statement {
  readonly Sid?: string
  readonly Effect?: string
  readonly Principal?: unknown
  readonly NotPrincipal?: unknown
  readonly Action?: Texts
  readonly NotAction?: Texts
  readonly Resource?: Texts
  readonly NotResource?: Texts
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Undefined where it depends on what is not known here. */
type Verdict = boolean | undefined

/** Whether a statement is about a topic that sends to a queue; undefined if that is unknown. `topic` may have wildcards. */
export function appliesTo(statement: Statement, queue: string, topic: string): Verdict {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement
  const isSending = (pattern: string) => fitsPattern(pattern.toLowerCase(), 'sqs:sendmessage')
  return every([
    either(statement.Principal, statement.NotPrincipal, includesSns),
    either(Action, NotAction, (actions) => textsOf(actions).some(isSending)),
    either(Resource, NotResource, (resources) =>
      textsOf(resources).some((resource) => fitsPattern(resource, queue)),
    ),
    ...Object.entries(Condition).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => holds(operator, key, textsOf(values), topic)),
    ),
  ])
}

/** What an element says, or the contrary of what its `Not…` says. A statement has one of the two. */
function either<Value>(element: Value, contrary: Value, says: (value: Value) => Verdict): Verdict {
  if (element !== undefined) return says(element)
  return contrary === undefined ? undefined : not(says(contrary))
}

/** SNS sends in its own name. `"*"` and `{"AWS": "*"}` are everybody (IAM user guide, "Principal"). */
function includesSns(principal: unknown): Verdict {
  if (principal === '*') return true
  if (typeof principal !== 'object' || principal === null) return false
  const { AWS, Service } = principal as { readonly AWS?: Texts; readonly Service?: Texts }
  const services = textsOf(Service)
  if (textsOf(AWS).includes('*') || services.includes('sns.amazonaws.com')) return true
  // Topics in some regions have a name of their region.
  return services.some((service) => service.startsWith('sns.')) ? undefined : false
}

/** Whether a condition holds (IAM user guide, "IAM JSON policy elements: Condition operators"). */
function holds(operator: string, key: string, values: readonly string[], topic: string): Verdict {
  const present = factsOf(topic)[key.toLowerCase()]
  if (present === undefined) return undefined
  const name = operator.replace(/^(ForAnyValue|ForAllValues):|IfExists$/gi, '').toLowerCase()
  if (name === 'null') return values.includes('false')
  const compare = operators[name.replace('not', '')]
  const isNegated = name.includes('not')
  if (!compare || (isNegated && /[*?]/.test(topic))) return undefined
  const verdicts = values.map((value) => value === present || compare(value, present))
  const verdict = verdicts.includes(true) ? true : verdicts.includes(undefined) ? undefined : false
  return isNegated ? not(verdict) : verdict
}

/** What is known of the request with which SNS sends, by condition key. */
function factsOf(topic: string): Readonly<Record<string, string | undefined>> {
  return {
    'aws:sourcearn': topic,
    'aws:sourceaccount': parseArn(topic)?.account,
    'aws:securetransport': 'true',
    'aws:principalisawsservice': 'true',
  }
}

const operators: Readonly<Record<string, (value: string, present: string) => Verdict>> = {
  arnequals: fitsArn,
  arnlike: fitsArn,
  stringequals: (value, present) => value === present,
  stringequalsignorecase: (value, present) => value.toLowerCase() === present.toLowerCase(),
  stringlike: fitsPattern,
  bool: (value, present) => value.toLowerCase() === present,
}

/** Each of the six parts of an ARN is compared by itself; both operators take wildcards. */
function fitsArn(pattern: string, arn: string): Verdict {
  const wanted = partsOf(pattern)
  const parts = partsOf(arn)
  if (wanted.length < 6) return undefined
  return wanted.every((part, place) => fitsPattern(part, parts[place] ?? ''))
}

function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])]
}

/** In policies `*` stands for any characters, and `?` for any one. */
function fitsPattern(pattern: string, text: string): boolean {
  return fits([...pattern], text, (part) => part === '*', takes)
}

function takes(part: string, character: string): boolean {
  return part === '*' || part === '?' || part === character
}

function every(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false
  return verdicts.includes(undefined) ? undefined : true
}

function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict
}

function textsOf(values: unknown): readonly string[] {
  if (values === undefined || values === null) return []
  return Array.isArray(values) ? values.map(String) : [String(values)]
}
