// Several of these adapters in one process, in one kernel and in more.
import { logs } from '@opentelemetry/api'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { configureLogging, getLogger, Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { forgetSpans, keepSpans, spanNamed } from './spans.ts'

const test = suite('opentelemetry: several adapters')
const exporter = new InMemoryLogRecordExporter()
test.before(() => {
  keepSpans()
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }),
  )
  configureLogging({ logger: { info() {}, warn() {}, error() {} } })
})
test.before.each(forgetSpans)

function running(...services: Service[]): Promise<Kernel> {
  return new Kernel(services, { ownsProcess: false }).start()
}

test('each record is exported once, until the last kernel has stopped', async () => {
  const kernels = []
  for (const name of ['first', 'second']) {
    const api = http({ port: 0 })
    const service = new Service({ name, adapters: [opentelemetry({ logs: true })] }).on(
      api.get('/'),
      () => '',
    )
    kernels.push(await running(service))
  }
  const bodies = () => exporter.getFinishedLogRecords().map(({ body }) => body)
  const count = (body: string) => bodies().filter((one) => one === body).length
  const log = getLogger('mine')
  log.info('both run')
  await kernels[0]?.stop()
  log.info('one runs')
  await kernels[1]?.stop()
  log.info('none runs')
  assert.equal([count('both run'), count('one runs'), count('none runs')], [1, 1, 0])
})

test('spans end whichever of the adapters makes them', async () => {
  const api = http({ port: 0 })
  const first = new Service({ name: 'first', adapters: [opentelemetry({ traces: false })] }).on(
    api.get('/'),
    () => '',
  )
  const second = new Service({ name: 'second', adapters: [opentelemetry()] }).on(api.get('/x'), () => '')
  const kernel = await running(first, second)
  await fetch(api.url)
  const span = await spanNamed('GET /')
  assert.is(span.attributes['http.response.status_code'], 200)
  await kernel.stop()
})

test.run()
