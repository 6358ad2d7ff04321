import { spawnSync } from 'node:child_process'
import { context, logs, SeverityNumber, trace } from '@opentelemetry/api'
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import { configureLogging, getLogger, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask } from '../http/serving.ts'
import { quiet, started } from '../kernel/started.ts'
import { until } from '../until.ts'
import { forgetSpans, keepSpans, spanNamed } from './spans.ts'

const exporter = new InMemoryLogRecordExporter()
keepSpans()
logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }))

const exporting = suite('opentelemetry: logs')
exporting.before.each(() => {
  exporter.reset()
  forgetSpans()
  configureLogging({ level: 'debug', logger: { debug() {}, info() {}, warn() {}, error() {} } })
})
exporting.after.each(quiet)

const found = (name: string) =>
  exporter.getFinishedLogRecords().filter(({ instrumentationScope }) => instrumentationScope.name === name)

const spanOf = ({ spanContext }: ReadableLogRecord) => [spanContext?.traceId, spanContext?.spanId]

/** The records of the logger `shop` that are written by the action while a service with these options runs. */
async function exported(action: () => void, options = {}): Promise<readonly ReadableLogRecord[]> {
  const service = new Service({ adapters: [memory(), opentelemetry({ logs: true, ...options })] })
  const kernel = await started(service)
  action()
  await kernel.stop()
  return found('shop')
}

exporting('a record has its time, level, logger, message and fields', async () => {
  const before = Date.now()
  const records = await exported(() => {
    const log = getLogger('shop', { service: 'orders', password: 'hidden' })
    log.debug('one', { count: 1, isOpen: true, none: null })
    log.info('two', { list: [1, 'a'], nested: { a: { b: 1 } } })
    log.warn('three')
    log.error('four')
  })
  const own = { service: 'orders', password: '[redacted]' }
  assert.equal(
    records.map(({ severityNumber, severityText, body, attributes }) => [
      ...[severityNumber, severityText, body, attributes],
    ]),
    [
      [SeverityNumber.DEBUG, 'debug', 'one', { ...own, count: 1, isOpen: true, none: null }],
      [SeverityNumber.INFO, 'info', 'two', { ...own, list: [1, 'a'], nested: { a: { b: 1 } } }],
      [SeverityNumber.WARN, 'warning', 'three', own],
      [SeverityNumber.ERROR, 'error', 'four', own],
    ],
  )
  const [seconds = 0] = records[0]?.hrTime ?? []
  assert.ok(seconds >= Math.floor(before / 1_000) && seconds <= Date.now() / 1_000)
})

exporting('an error has the attributes of the conventions; what else it says is kept', async () => {
  const error = Object.assign(new TypeError('wrong'), { code: 'E_WRONG', cause: new Error('inner') })
  const [failed, plain] = await exported(() => {
    getLogger('shop').error('failed', { error })
    getLogger('shop').error('failed', { error: 'in words' })
  })
  const { 'exception.stacktrace': stack, error: more, ...rest } = failed?.attributes ?? {}
  assert.equal(rest, { 'exception.type': 'TypeError', 'exception.message': 'wrong' })
  assert.is(stack, error.stack)
  const { code, cause } = more as { code: string; cause: { message: string } }
  assert.equal([code, cause.message], ['E_WRONG', 'inner'])
  assert.equal(plain?.attributes, { error: 'in words' })
})

exporting(
  'below the level nothing is exported, nor without the option, nor once it has stopped',
  async () => {
    configureLogging({ level: 'warning' })
    assert.equal((await exported(() => getLogger('shop').info('off'))).length, 0)
    assert.equal((await exported(() => getLogger('shop').warn('on'))).length, 1)
    exporter.reset()
    getLogger('shop').error('after the stop')
    assert.equal(found('shop'), [])
    assert.equal((await exported(() => getLogger('shop').error('x'), { logs: false })).length, 0)
  },
)

exporting('below a handler a record belongs to the running span, also one of the user', async () => {
  const bus = memory()
  const service = new Service({ adapters: [opentelemetry({ logs: true })] }).on(
    bus.topic('order.created'),
    async ({ log }) => {
      await Promise.resolve()
      log.info('in the handler')
      const tracer = trace.getTracer('mine')
      await tracer.startActiveSpan('inner', async (span) => {
        getLogger('shop').info('in a span')
        span.end()
      })
    },
  )
  const kernel = await started(service)
  await bus.publish('order.created', {})
  const process = await spanNamed('process order.created')
  const inner = await spanNamed('inner')
  await kernel.stop()
  const [handlers] = found('tomodachi.memory.handler')
  const [users] = found('shop')
  for (const [record, span] of [
    [handlers, process],
    [users, inner],
  ] as const) {
    const { traceId, spanId } = span.spanContext()
    assert.equal(spanOf(record as ReadableLogRecord), [traceId, spanId])
    assert.is(record?.attributes.trace_id, undefined, 'once is enough')
    assert.is(record?.attributes.attempt, 1)
  }
})

exporting('the line of a request, written when its handler has ended, belongs to its span', async () => {
  const api = http({ port: 0 })
  const service = new Service({ adapters: [opentelemetry({ logs: true })] })
    .on(api.get('/fine/:id'), () => 'fine')
    .on(api.get('/fails'), () => assert.unreachable())
  const kernel = await started(service)
  await ask(api, 'GET', '/fine/1?a=b', { 'X-Request-Id': 'r1' })
  await ask(api, 'GET', '/fails')
  await until(() => found('tomodachi.http.response').length === 2)
  await kernel.stop()
  const [fine, fails] = found('tomodachi.http.response')
  const [error] = found('tomodachi.http.handler')
  assert.match(String(fine?.body), /^GET \/fine\/1\?a=b 200 [\d.]+ms$/)
  assert.equal([fine?.attributes.status_code, fine?.attributes.requestId], [200, 'r1'])
  for (const [record, name] of [
    [fine, 'GET /fine/:id'],
    [fails, 'GET /fails'],
    [error, 'GET /fails'],
  ] as const) {
    const { traceId, spanId } = (await spanNamed(name)).spanContext()
    assert.equal(spanOf(record as ReadableLogRecord), [traceId, spanId])
  }
})

exporting('without spans, a record keeps the trace that came in', async () => {
  const api = http({ port: 0 })
  const options = { logs: true, traces: false }
  const service = new Service({ adapters: [opentelemetry(options)] }).on(api.get('/'), ({ log }) => {
    log.info('in the handler')
    return ''
  })
  const kernel = await started(service)
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  await ask(api, 'GET', '/', { traceparent })
  await kernel.stop()
  const [record] = found('tomodachi.http.handler')
  assert.is(record?.spanContext, undefined)
  assert.is(record?.attributes.trace_id, '4bf92f3577b34da6a3ce929d0e0e4736')
  assert.is(record?.attributes.parent_span_id, '00f067aa0ba902b7')
})

exporting('what the SDK logs while it exports is written, and not exported again', async () => {
  const written: string[] = []
  const keep = (message: string) => written.push(message)
  configureLogging({ logger: { info: keep, warn: keep, error: keep } })
  const original = exporter.export.bind(exporter)
  exporter.export = (records, done) => {
    getLogger('shop.exporter').warn('the collector is slow')
    setTimeout(() => getLogger('shop.exporter').warn('the collector is gone'))
    original(records, done)
  }
  try {
    await exported(() => getLogger('shop').info('once'))
    await until(() => written.includes('the collector is gone'))
  } finally {
    exporter.export = original
  }
  assert.is(found('shop').length, 1)
  assert.equal(found('shop.exporter'), [])
  assert.ok(written.includes('once') && written.includes('the collector is slow'))
})

exporting('a context of its own wins over what the record says', async () => {
  const span = trace.getTracer('mine').startSpan('own')
  const { traceId, spanId } = span.spanContext()
  const other = { trace_id: 'f'.repeat(32), span_id: 'f'.repeat(16) }
  const [record] = await exported(() =>
    context.with(trace.setSpan(context.active(), span), () => getLogger('shop').info('x', other)),
  )
  assert.equal(spanOf(record as ReadableLogRecord), [traceId, spanId])
  assert.equal(record?.attributes, other)
  exporter.reset()
  const [unfit] = await exported(() => getLogger('shop').info('x', { trace_id: 'mine', span_id: 'own' }))
  assert.equal([unfit?.spanContext, unfit?.attributes], [undefined, { trace_id: 'mine', span_id: 'own' }])
})

/** As version 1.9 is: without the API of logs. */
const withoutLogs = `
import * as real from '@opentelemetry/api'
import { registerHooks } from 'node:module'
const names = Object.keys(real).filter((name) => name !== 'logs' && name !== 'default')
globalThis.api = real
const source = names.map((name) => \`export const \${name} = globalThis.api.\${name}\`).join(';')
const url = 'data:text/javascript,' + encodeURIComponent(source)
registerHooks({
  resolve: (name, context, next) =>
    name === '@opentelemetry/api' ? { url, shortCircuit: true } : next(name, context),
})
const { opentelemetry } = await import('tomodachi/opentelemetry')
opentelemetry()
try { opentelemetry({ logs: true }) } catch ({ code, message }) { process.stdout.write(code + ': ' + message) }
`

exporting('an API without logs is refused with what to do', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', withoutLogs], {
    encoding: 'utf8',
  })
  assert.is(
    stdout,
    'OPTION_INVALID: the option opentelemetry.logs must be false with a version of @opentelemetry/api before 1.10, not true',
    stderr,
  )
})

exporting.run()
