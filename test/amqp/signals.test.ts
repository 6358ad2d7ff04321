// time limit: 180 s
// node: 24 only
// needs: rabbitmq
// coverage: none
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { publisher, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('signals to a service on RabbitMQ')
const service = fileURLToPath(new URL('./burst-service.ts', import.meta.url))

/** The service in a process of its own, and what it prints. */
function start(topic: string, stuck = '') {
  const child = spawn(process.execPath, [service, brokerUrl, topic, stuck], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  const exitCode = new Promise<number | null>((resolve) => child.once('close', resolve))
  const numbers = (word: string) =>
    [...text.matchAll(new RegExp(`^${word} (\\d+)$`, 'gm'))].map(([, n]) => Number(n))
  const ready = () => until(() => text.includes('ready'), 'the service is ready')
  return { child, exitCode, ready, started: () => numbers('started'), handled: () => numbers('handled') }
}

test('C26 SIGTERM in a burst of 5,000: handlers finish, nothing new starts, nothing is lost or repeated', async () => {
  const topic = unique('topic')
  const first = start(topic)
  await first.ready()
  const { bus, kernel } = await publisher({ url: brokerUrl })
  const sent = Array.from({ length: 5_000 }, (_, number) => number)
  const publishing = Promise.all(sent.map((number) => bus.publish(topic, number)))
  await until(() => first.handled().length > 500, 'some are handled')
  first.child.kill('SIGTERM')
  assert.is(await first.exitCode, 0)
  await publishing
  assert.equal(first.started().sort(), first.handled().sort())
  assert.ok(first.handled().length < sent.length, 'the signal came too late to prove anything')
  const second = start(topic)
  await second.ready()
  const all = () => [...first.handled(), ...second.handled()]
  await until(() => all().length >= sent.length, 'the rest is handled')
  second.child.kill('SIGTERM')
  assert.is(await second.exitCode, 0)
  assert.equal(
    all().sort((one, other) => one - other),
    sent,
  )
  await kernel.stop()
})

test('C27 SIGTERM with a stuck handler: its message is released, and another process gets it', async () => {
  const topic = unique('topic')
  const first = start(topic, '7')
  await first.ready()
  const { bus, kernel } = await publisher({ url: brokerUrl })
  await bus.publish(topic, 7)
  await until(() => first.started().length === 1, 'the handler is stuck')
  first.child.kill('SIGTERM')
  assert.is.not(await first.exitCode, 0)
  const second = start(topic)
  await second.ready()
  await until(() => second.handled().length === 1, 'the other process handles it')
  second.child.kill('SIGTERM')
  assert.is(await second.exitCode, 0)
  await kernel.stop()
})

test.run()
