import type { Instrument } from '../../../kernel/adapter-kit.ts'
import type { Outcome, PreparedCall } from './attempts.ts'

/** Makes one attempt of a call as the instrument's own work, with the headers of its trace. */
export async function observed(
  instrument: Instrument,
  call: PreparedCall,
  origin: string,
  attempt: number,
  send: (call: PreparedCall) => Promise<Outcome>,
): Promise<Outcome> {
  const { method, target } = call
  const facts: Record<string, unknown> = { attempt, status: undefined, error: undefined }
  const sending = async () => {
    const headers = { ...call.headers }
    if (!call.hasOwnTrace) instrument.inject(headers)
    const outcome = await send({ ...call, headers })
    if ('answer' in outcome) facts.status = outcome.answer.status
    else facts.error = outcome.failure
    return outcome
  }
  const url = `${origin}${target.split('?', 1)[0]}`
  return instrument.leave({ transport: 'http', operation: method, target: url, facts }, sending)
}
