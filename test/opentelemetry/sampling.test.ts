import type { Attributes } from '@opentelemetry/api'
import { SamplingDecision } from '@opentelemetry/sdk-trace'
import { Kernel, Service } from 'tomodachi'
import { client, http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../until.ts'
import { forgetSpans, keepSpans, spans } from './spans.ts'

const test = suite('opentelemetry: sampling')
const asked = new Map<string, Attributes>()
keepSpans({
  shouldSample(_context, _trace, name, _kind, attributes) {
    asked.set(name, attributes)
    return {
      decision: name.includes('quiet') ? SamplingDecision.NOT_RECORD : SamplingDecision.RECORD_AND_SAMPLED,
    }
  },
  toString: () => 'by name',
})
test.before.each(forgetSpans)

test('a sampler is given what it decides by, and what it leaves out is still passed on, unsampled', async () => {
  const api = http({ port: 0 })
  const bus = memory()
  const seen: unknown[] = []
  const calls = client('http://127.0.0.1:1', { retry: { attempts: 1 } as never })
  const service = new Service({ name: 'sampled', adapters: [opentelemetry(), bus, calls] })
    .on(api.get('/quiet/:id'), async () => {
      await bus.publish('topic', {})
      await calls.get('/away').catch(() => {})
    })
    .on(bus.topic('topic', { queue: 'queue' }), ({ headers }) => void seen.push(headers.traceparent))
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await fetch(`${api.url}/quiet/7?page=2`).then((answer) => answer.text())
  await until(() => seen.length === 1)
  const request = asked.get('GET /quiet/:id')
  assert.is(request?.['http.request.method'], 'GET')
  assert.is(request?.['http.route'], '/quiet/:id')
  assert.is(request?.['url.path'], '/quiet/7')
  assert.is(request?.['url.query'], 'page=2')
  assert.is(request?.['url.scheme'], 'http')
  assert.is(asked.get('publish topic')?.['messaging.destination.name'], 'topic')
  assert.is(asked.get('process topic')?.['messaging.destination.subscription.name'], 'queue')
  assert.is(asked.get('GET')?.['url.full'], 'http://127.0.0.1:1/away')
  assert.match(String(seen[0]), /^00-[\da-f]{32}-[\da-f]{16}-01$/)
  assert.not.ok(spans().some(({ name }) => name.includes('quiet')))
  assert.is(await kernel.stop(), 0)
})

test.run()
