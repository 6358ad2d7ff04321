import { configureLogging, Kernel, Service } from 'tomodachi'
import { raw } from 'tomodachi/envelopes'
import { MemoryBroker, memory } from 'tomodachi/memory'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

configureLogging({ logger: 'disabled' })

const handing = suite('memory bus, handing messages out')

const start = (service: Service) => new Kernel([service], { ownsProcess: false }).start()
const turns = async () => {
  for (let count = 0; count < 10; count++) await new Promise(setImmediate)
}

handing('consumers of a queue take turns, and go on when one of them leaves', async () => {
  const broker = new MemoryBroker()
  const seen: string[] = []
  const kernels: Kernel[] = []
  for (const instance of ['a', 'b', 'c']) {
    const source = memory({ broker, envelope: raw() }).topic('t')
    kernels.push(await start(new Service().on(source, () => void seen.push(instance))))
  }
  const publish = async (count: number) => {
    for (; count > 0; count--) broker.publish('t', 'x')
    await turns()
    return seen.splice(0).join('')
  }
  assert.is(await publish(5), 'abcab')
  await kernels[1]?.stop()
  assert.is(await publish(4), 'caca')
  await kernels[2]?.stop()
  assert.is(await publish(2), 'aa')
  await kernels[0]?.stop()
})

for (const batch of [undefined, { size: 1 }])
  handing(
    `${batch ? 'the handler of a batch' : 'a handler'} is given all that arrived, and an identity that stays`,
    async () => {
      const bus = memory({ envelope: raw() })
      const seen: { readonly values: object; readonly given: object; readonly ids: readonly string[] }[] = []
      const service = new Service().on(bus.topic('t', { batch } as object), ({ envelope, ...values }) => {
        seen.push({ values, given: envelope.given, ids: [envelope.id, envelope.id] })
      })
      const kernel = await start(service)
      await bus.publish('t', 'x', { headers: { own: '1' } })
      await bus.publish('t', 'y')
      await turns()
      for (const { values, given } of seen) assert.equal(values, { ...given })
      const common = { attempt: 1, redeliveries: 0, metadata: undefined, topic: 't' }
      const first = { ...common, data: 'x', headers: { own: '1' } }
      assert.equal(seen[0]?.given, batch ? { batch: [first] } : first)
      const ids = seen.map(({ ids: [id, again] }) => {
        assert.is(id, again)
        return id
      })
      assert.is(new Set(ids).size, 2)
      await kernel.stop()
    },
  )

handing.run()
