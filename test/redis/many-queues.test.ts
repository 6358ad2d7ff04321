// time limit: 180 s
// node: 24 only
// needs: redis
// More queues than connections. One after the other, on a server of their own.
import { redis } from 'tomodachi/redis'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { started, until } from './scene.ts'
import { logging, serverOf, stage } from './stage.ts'

const { clear, text } = logging()
const test = suite('many queues on Redis')
const server = serverOf(test)

test.before.each(clear)

/** A service that reads so many queues, each with a topic of its own name, and what each was given, in order. */
async function many(count: number, handle: (queue: string, data: unknown) => unknown = () => {}) {
  const { publisher, prefix, ask, close } = await stage(server())
  const bus = redis({ url: server().url, prefix })
  const names = Array.from({ length: count }, (_, at) => `queue-${at}`)
  const given = new Map<string, unknown[]>(names.map((name) => [name, []]))
  const kernel = await started(bus, (service) => {
    for (const [at, queue] of names.entries())
      service.on(bus.topic(queue, { queue, concurrency: at % 2 === 0 ? 1 : 100 }), async ({ data }) => {
        given.get(queue)?.push(data)
        await handle(queue, data)
      })
  })
  return {
    publish: (queue: string, data: unknown) => publisher.publish(queue, data),
    key: (queue: string) => `${prefix}:${queue}:queue`,
    given: (queue: string) => given.get(queue) ?? [],
    names,
    kernel,
    ask,
    async close() {
      await kernel.stop()
      await close()
    },
  }
}

const calls = async (ask: (...words: string[]) => Promise<unknown>, command: string) =>
  Number(
    /calls=(\d+)/.exec(String(await ask('INFO', 'commandstats')).split(`cmdstat_${command}:`)[1] ?? '')?.[1],
  )

test('300 queues are read over a few connections, and each gets its messages', async () => {
  const { names, publish, given, ask, close } = await many(300)
  const clients = String(await ask('CLIENT', 'LIST'))
  assert.ok(clients.trim().split('\n').length < 40, clients)
  for (const data of [1, 2]) await Promise.all(names.map((name) => publish(name, data)))
  await until(() => names.every((name) => given(name).length === 2))
  for (const name of names) assert.equal(given(name), [1, 2])
  await close()
})

for (const [what, words] of [
  ['is deleted', (key: string) => ['DEL', key]],
  ['loses its group', (key: string) => ['XGROUP', 'DESTROY', key, 'tomodachi']],
  ['is replaced by a text', (key: string) => ['SET', key, 'in the way']],
] as const)
  test(`a queue that ${what} comes off alone: the others of its connection go on`, async () => {
    const { names, publish, given, key, kernel, ask, close } = await many(70)
    const [gone = '', ...others] = names
    await ask(...words(key(gone)))
    await until(() => text().includes('a consumer has come off'))
    await Promise.all(others.map((name) => publish(name, 'meanwhile')))
    await until(() => others.every((name) => given(name).length === 1))
    if (what === 'is replaced by a text') await ask('DEL', key(gone))
    await until(() => kernel.ready)
    await publish(gone, 'after')
    await until(() => given(gone).length === 1)
    for (const name of others) assert.not(text().includes(`"${name}"`), `${name} came off, too`)
    await close()
  })

test('a queue that is full does not hold up its neighbours, and goes on when there is room', async () => {
  let letGo = () => {}
  const held = new Promise<void>((resolve) => (letGo = resolve))
  const { names, publish, given, close } = await many(70, (queue, data) =>
    queue === 'queue-0' && data === 0 ? held : undefined,
  )
  const [full = '', ...others] = names
  const numbers = Array.from({ length: 20 }, (_, at) => at)
  for (const data of numbers) await publish(full, data)
  await until(() => given(full).length === 1)
  for (const data of numbers) await Promise.all(others.map((name) => publish(name, data)))
  await until(() => others.every((name) => given(name).length === 20))
  assert.equal(given(full), [0])
  letGo()
  await until(() => given(full).length === 20)
  for (const name of names) assert.equal(given(name), numbers)
  await close()
})

test('a queue that is busy is read without interrupting its neighbours for each message', async () => {
  const { publish, given, ask, close } = await many(70)
  await ask('CONFIG', 'RESETSTAT')
  const numbers = Array.from({ length: 1_000 }, (_, at) => at)
  await Promise.all(numbers.map((data) => publish('queue-0', data)))
  await until(() => given('queue-0').length === numbers.length)
  assert.equal(given('queue-0'), numbers)
  const unblocked = (await calls(ask, 'client|unblock')) || 0
  assert.ok(unblocked < 100, `${unblocked} interruptions`)
  await close()
})

test('at a stop in a stream of messages none is lost: what is not handled stays', async () => {
  const { names, publish, given, kernel, key, ask, close } = await many(70)
  const publishing = Promise.all(
    names.flatMap((name) => Array.from({ length: 20 }, (_, at) => publish(name, at))),
  )
  await until(() => given('queue-0').length > 0)
  await kernel.stop()
  await publishing
  for (const name of names) {
    const left = await ask('XLEN', key(name))
    assert.is(given(name).length + Number(left), 20, name)
    const [, , , pending] = ((await ask('XPENDING', key(name), 'tomodachi')) as unknown[]) ?? []
    for (const [consumer] of (pending ?? []) as string[][]) assert.is(consumer, '-', 'it was not given back')
  }
  await close()
})

test.run()
