import { Service } from 'tomodachi'
import { currentContext, type TraceHeaders, traceHeaders } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter, turn } from '../fake-adapter.ts'
import { quiet, started } from '../started.ts'

const trace = suite('trace headers')
trace.before(quiet)

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

/** What a handler of an envelope with these headers carries on. */
async function carriedOn(headers: Record<string, unknown>): Promise<TraceHeaders> {
  const adapter = fakeAdapter()
  let carried: TraceHeaders | undefined
  const service = new Service().on(adapter.source('a'), async () => {
    await turn()
    carried = traceHeaders()
  })
  const kernel = await started(service)
  await adapter.send('a', {}, { headers }).settled
  await kernel.stop()
  return carried as TraceHeaders
}

trace('are those of the envelope that is being handled, and no others', async () => {
  const headers = { traceparent, tracestate: 'a=1,b=2', baggage: 'user=7' }
  assert.equal(await carriedOn({ ...headers, authorization: 'Bearer x', 'x-b3-traceid': '1' }), headers)
  assert.equal(await carriedOn({}), {})
  assert.equal(await carriedOn({ baggage: 'user=7' }), { baggage: 'user=7' })
})

for (const [what, value] of [
  ['no text', 7],
  ['no trace parent', 'yes'],
  ['two of them', `${traceparent}, ${traceparent}`],
  ['the version ff', traceparent.replace('00-', 'ff-')],
  ['all zeroes', '00-00000000000000000000000000000000-00f067aa0ba902b7-01'],
  ['in capitals', traceparent.toUpperCase()],
  ['followed by a line break', `${traceparent}-\r\nx: y`],
] as const) {
  trace(`a traceparent that is ${what} is left out, with its tracestate`, async () => {
    assert.equal(await carriedOn({ traceparent: value, tracestate: 'a=1', baggage: 'b=2' }), {
      baggage: 'b=2',
    })
  })
}

trace('a later version may have more at its end', async () => {
  const later = `${traceparent.replace('00-', '01-')}-more`
  assert.equal(await carriedOn({ traceparent: later }), { traceparent: later })
})

trace('values that could end their line are left out', async () => {
  assert.equal(await carriedOn({ traceparent, tracestate: 'a=1\r\nx: y', baggage: 'a=\u00e5' }), {
    traceparent,
  })
})

trace('there are none outside of handlers', () => {
  assert.equal(traceHeaders(), {})
  assert.is(currentContext(), undefined)
})

trace.run()
