// Without an SDK everything is as without the adapter.
import { configureLogging, Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../until.ts'

const test = suite('opentelemetry: without an SDK')
const trace = '0af7651916cd43dd8448eb211c80319c'
const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01`, tracestate: 'vendor=1' }

test('the trace that comes in is logged and passed on', async () => {
  const records: Record<string, unknown>[] = []
  const note = (_: string, fields: Record<string, unknown>) => void records.push(fields)
  configureLogging({ logger: { info: note, warn: note, error: note } })
  const api = http({ port: 0, accessLog: false })
  const bus = memory()
  const seen: Readonly<Record<string, unknown>>[] = []
  const service = new Service({ name: 'plain', adapters: [opentelemetry(), bus] })
    .on(api.get('/'), async ({ log }) => {
      log.info('here')
      await bus.publish('topic', {})
    })
    .on(bus.topic('topic'), ({ headers: { traceparent, tracestate } }) => {
      seen.push({ traceparent, tracestate })
    })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await fetch(api.url, { headers })
  await until(() => seen.length === 1)
  assert.equal(seen, [headers])
  const here = records.find(({ handler }) => handler === 'GET /')
  assert.is(here?.trace_id, trace)
  assert.is(here?.parent_span_id, 'b7ad6b7169203331')
  assert.is(here?.span_id, undefined)
  assert.is(await kernel.stop(), 0)
  configureLogging()
})

test('options are checked, and so are the variables', () => {
  assert.throws(() => opentelemetry({ excludedUrl: [] } as never), /no option "excludedUrl".*excludedUrls/)
  assert.throws(
    () => opentelemetry({ excludedUrls: ['('] }),
    /opentelemetry.excludedUrls must be a list of regular/,
  )
  assert.throws(() => opentelemetry({ excludedUrls: '/x' } as never), /opentelemetry.excludedUrls/)
  assert.throws(() => opentelemetry({ traces: 1 } as never), /opentelemetry.traces must be true or false/)
  process.env.OTEL_NODE_EXCLUDED_URLS = 'fine, (broken'
  try {
    assert.throws(() => opentelemetry(), /OTEL_NODE_EXCLUDED_URLS must be regular expressions.*\(broken/)
    assert.ok(opentelemetry({ excludedUrls: [] }))
    process.env.OTEL_NODE_TOMODACHI_EXCLUDED_URLS = ''
    assert.ok(opentelemetry())
  } finally {
    delete process.env.OTEL_NODE_EXCLUDED_URLS
    delete process.env.OTEL_NODE_TOMODACHI_EXCLUDED_URLS
  }
})

test.run()
