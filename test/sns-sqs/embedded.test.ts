// time limit: 120 s
// node: 24 only
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { snsSqs } from 'tomodachi/sns-sqs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { rejection, until } from './scene.ts'

const test = suite('embedded SNS+SQS')
const warnings: string[] = []
const note = (message: unknown, fields: unknown) => void warnings.push(`${message} ${JSON.stringify(fields)}`)
const silent = () => {}
configureLogging({ logger: { debug: silent, info: silent, warn: note, error: silent } })

const start = (service: Service) => new Kernel([service], { ownsProcess: false }).start()

test('it works without anything else, and says loudly what it is', async () => {
  const bus = snsSqs({ embedded: true })
  const handled: unknown[] = []
  const kernel = await start(new Service().on(bus.topic('t'), ({ data }) => void handled.push(data)))
  assert.match(
    warnings[0] as string,
    /EMBEDDED IN THIS PROCESS.*not AWS.*127\.0\.0\.1:\d+.*are gone when it ends/,
  )
  await bus.publish('t', { a: 1 })
  await until(() => handled.length > 0)
  assert.equal(handled, [{ a: 1 }])
  assert.is(await kernel.stop(), 0)
})

test('with a folder messages survive a restart', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tomodachi-'))
  try {
    const bus = snsSqs({ embedded: { dataDir } })
    const declare = await start(new Service().on(bus.topic('t'), () => {}))
    await declare.stop()
    const publish = await start(new Service({ adapters: [bus] }))
    await bus.publish('t', 'kept')
    await publish.stop()
    const handled: unknown[] = []
    const later = snsSqs({ embedded: { dataDir } })
    const kernel = await start(new Service().on(later.topic('t'), ({ data }) => void handled.push(data)))
    await until(() => handled.length > 0)
    assert.equal(handled, ['kept'])
    await kernel.stop()
  } finally {
    rmSync(dataDir, { recursive: true })
  }
})

test('in production it is refused', async () => {
  process.env.TOMODACHI_PRODUCTION = '1'
  try {
    const error = await rejection(start(new Service({ adapters: [snsSqs({ embedded: true })] })))
    assert.is(error.code, 'EMBEDDED_IN_PRODUCTION')
  } finally {
    delete process.env.TOMODACHI_PRODUCTION
  }
})

test.run()
