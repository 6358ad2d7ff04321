import { registerHooks } from 'node:module'
import { metrics } from '@opentelemetry/api'
import { configureLogging, hasCode, Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../http/serving.ts'

configureLogging({ logger: 'disabled' })

const providers = suite('opentelemetry: providers of prometheus')
const duration = 'http.server.request.duration'
const prometheus = { host: '127.0.0.1', port: 0 }

async function running(name: string) {
  const telemetry = opentelemetry({ prometheus, traces: false })
  const api = http({ port: 0 })
  const service = new Service({ name, adapters: [telemetry] }).on(api.get(`/${name}`), () => '')
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  await api.inject(`/${name}`)
  /** How many requests to each route the endpoint tells of. */
  const routes = async () => {
    const text = await (await fetch(telemetry.endpoints?.[0] as string)).text()
    const rows = [
      ...text.matchAll(/^http_server_request_duration_seconds_count\{.*http_route="\/(\w+)".*\} (\d+)$/gm),
    ]
    return Object.fromEntries(rows.map(([, route, count]) => [route, Number(count)]))
  }
  return { kernel, routes }
}

providers('without its package, the start says what to install', async () => {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== '@opentelemetry/sdk-metrics') return next(specifier, context)
      throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' })
    },
  })
  const error = await failureOf(() => running('missing'))
  hooks.deregister()
  assert.ok(hasCode(error, 'PACKAGE_MISSING'))
  assert.match(error.message, /npm install @opentelemetry\/sdk-metrics/)
})

providers('kernels of one process share what is measured, each with an endpoint', async () => {
  const [one, two] = [await running('one'), await running('two')]
  assert.equal(await one.routes(), { one: 1, two: 1 })
  assert.equal(await two.routes(), { one: 1, two: 1 })
  await one.kernel.stop()
  assert.equal(await two.routes(), { one: 1, two: 1 })
  await two.kernel.stop()
})

providers('beside another SDK, both are told', async () => {
  const { keepMetrics, valuesOf } = await import('./meters.ts')
  keepMetrics()
  const other = metrics.getMeterProvider()
  const { kernel, routes } = await running('both')
  assert.is(metrics.getMeterProvider(), other)
  assert.is((await routes()).both, 1)
  assert.equal(
    (await valuesOf(duration)).map(([count, attributes]) => [count, attributes['http.route']]),
    [[1, '/both']],
  )
  await kernel.stop()
})

providers.run()
