import { type ErrorCode, type ErrorValues, hasCode, TomodachiError } from 'tomodachi'
import { errors } from 'tomodachi/adapter-kit'
import { amqp } from 'tomodachi/amqp'
import { typed } from './same.ts'

const bus = amqp()
const failure: unknown = undefined

// The codes of what a program imports are typed in hasCode, whoever owns them.
if (hasCode(failure, 'REQUEST_TIMEOUT')) {
  typed<number>()(failure.values.milliseconds)
  // @ts-expect-error another code has it
  failure.values.broker
}
if (hasCode(failure, 'BROKER_UNREACHABLE')) typed<string>()(failure.values.broker)
if (hasCode(failure, 'OPTION_INVALID')) typed<string>()(failure.values.option)
const code: ErrorCode = 'REQUEST_FAILED'
typed<{ topic: string; reason: string }>()({} as ErrorValues<typeof code>)
// @ts-expect-error there is no such code
hasCode(failure, 'REQUEST_TIMEOT')
// @ts-expect-error nor here
new TomodachiError('REQUEST_TIMEOT', { topic: bus.name })
// @ts-expect-error a value is missing
new TomodachiError('REQUEST_TIMEOUT', { topic: bus.name })

// Other packages type their throw sites, and those of their users who look for a code, by constants.
const { BROKER_GONE, STREAM_TRIMMED } = errors('nats', {
  BROKER_GONE: { status: 503, sentence: (v: { broker: string }) => `the broker at ${v.broker} is gone` },
  STREAM_TRIMMED: () => 'the stream has been trimmed',
})
const gone: TomodachiError = new TomodachiError(BROKER_GONE, { broker: 'one' })
export const text: string = gone.code
new TomodachiError(STREAM_TRIMMED, {}, { cause: gone })
if (hasCode(failure, BROKER_GONE)) typed<string>()(failure.values.broker)
// @ts-expect-error a value is missing
new TomodachiError(BROKER_GONE, {})
// @ts-expect-error a sentence gives text
errors('nats', { BROKER_LOST: () => 1 })
// @ts-expect-error a status is a number
errors('nats', { BROKER_LOST: { status: '503', sentence: () => 'lost' } })
