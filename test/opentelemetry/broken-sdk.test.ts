import { diag, trace } from '@opentelemetry/api'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { Kernel, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { until } from '../until.ts'

const test = suite('opentelemetry: an SDK that fails')

const refuse = () => {
  throw new Error('out of order')
}
const told: string[] = []
const note = (message: string) => void told.push(message)
diag.setLogger({ error: note, warn: note, info() {}, debug() {}, verbose() {} })

for (const [what, provider] of [
  ['processor', new TracerProvider({ spanProcessors: [{ onStart() {}, onEnd: refuse } as never] })],
  ['beginning', new TracerProvider({ spanProcessors: [{ onStart: refuse, onEnd() {} } as never] })],
  ['sampler', new TracerProvider({ sampler: { shouldSample: refuse, toString: () => 'refuses' } })],
] as const) {
  test(`a ${what} that throws decides about nothing`, async () => {
    trace.disable()
    trace.setGlobalTracerProvider(provider)
    told.length = 0
    const api = http({ port: 0 })
    const bus = memory()
    let handled = 0
    const service = new Service({ adapters: [opentelemetry()] })
      .on(bus.topic('topic', { queue: 'queue' }), () => void handled++)
      .on(api.get('/'), () => bus.publish('topic', {}))
    const kernel = await new Kernel([service], { ownsProcess: false }).start()
    assert.is((await fetch(api.url)).status, 200)
    await until(() => handled === 1)
    assert.is(await kernel.stop(), 0)
    assert.is(handled, 1)
    assert.equal(bus.deadLetters('queue'), [])
    assert.ok(told.includes('a span could not be made or ended'))
  })
}

test.run()
