import { Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keepMetrics, valuesOf } from './meters.ts'

const test = suite('opentelemetry: readiness and overload as metrics')
test.before.each(keepMetrics)

test('adapters that do not work are counted, and those of a kernel that stops no more', async () => {
  const fickle = { name: 'fickle', ready: true, async start() {}, async pause() {}, async close() {} }
  const api = http({ port: 0 })
  const service = new Service({ adapters: [opentelemetry(), fickle] }).on(api.get('/'), () => '')
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const readiness = async () =>
    Object.fromEntries(
      (await valuesOf('tomodachi.adapters.unready')).map(([ready, attributes]) => [
        attributes['tomodachi.adapter'],
        ready,
      ]),
    )
  assert.equal(await readiness(), { opentelemetry: 0, fickle: 0, http: 0 })
  fickle.ready = false
  assert.equal(await readiness(), { opentelemetry: 0, fickle: 1, http: 0 })
  fickle.ready = true
  assert.equal(await readiness(), { opentelemetry: 0, fickle: 0, http: 0 })
  fickle.ready = false
  assert.equal(await readiness(), { opentelemetry: 0, fickle: 1, http: 0 })
  await kernel.stop()
  assert.equal(await readiness(), { opentelemetry: 0, fickle: 0, http: 0 })
})

test('requests that are shed are counted by route and reason', async () => {
  const api = http({ port: 0, overload: { maxInFlight: 1 } })
  const entered = Promise.withResolvers<void>()
  const leave = Promise.withResolvers<string>()
  const service = new Service({ adapters: [opentelemetry()] }).on(api.get('/slow/:id'), () => {
    entered.resolve()
    return leave.promise
  })
  const kernel = await new Kernel([service], { ownsProcess: false }).start()
  const first = fetch(`${api.url}/slow/1`)
  await entered.promise
  for (const path of ['/slow/2', '/slow/3']) assert.is((await fetch(api.url + path)).status, 503)
  leave.resolve('done')
  assert.is((await first).status, 200)
  assert.equal(await valuesOf('tomodachi.requests.shed'), [
    [2, { 'http.route': '/slow/:id', 'tomodachi.shed.reason': 'maxInFlight' }],
  ])
  await kernel.stop()
})

test.run()
