// time limit: 60 s
// needs: rabbitmq
// A release of amqplib or rascal whose files stand elsewhere.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { configureLogging, Kernel, Service } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { consumer, envelopeOf, publishRaw, unique, until } from './scene.ts'
import { brokerUrl } from './world.ts'

const test = suite('other releases of the packages for RabbitMQ')
/** A file that has moved. */
let moved: RegExp | undefined
let code = 'ERR_MODULE_NOT_FOUND'
registerHooks({
  resolve(specifier, context, next) {
    if (!moved?.test(specifier)) return next(specifier, context)
    throw Object.assign(new Error(`Cannot find module '${specifier}'`), { code })
  },
})

for (const missing of ['ERR_MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'])
  test(`the task of rascal has moved (${missing}): the start fails, and says what to install`, async () => {
    moved = /^rascal\/lib\//
    code = missing
    configureLogging({ logger: 'disabled' })
    const service = new Service({ adapters: [amqp({ url: brokerUrl })] })
    const error = await new Kernel([service], { ownsProcess: false }).start().catch((reason) => reason)
    assert.is(error.code, 'PACKAGE_UNSUPPORTED')
    assert.match(
      error.message,
      'amqp cannot use the installed release of rascal or amqplib; install the release that',
    )
  })

test('the class of amqplib has moved: messages arrive, and the log says once which release to install', async () => {
  moved = /\/lib\/connection\.js$/
  code = 'MODULE_NOT_FOUND'
  const warnings: string[] = []
  const ignore = () => {}
  const warn = (...values: unknown[]) => void warnings.push(JSON.stringify(values))
  configureLogging({ logger: { debug: ignore, info: ignore, warn, error: ignore } })
  for (const data of ['first', 'second']) {
    const topic = unique('moved')
    const seen: unknown[] = []
    const { kernel } = await consumer({ url: brokerUrl }, topic, { queue: topic }, (given) => {
      seen.push(given.data)
    })
    await publishRaw(topic, envelopeOf(data))
    await until(() => seen.length > 0)
    assert.equal(seen, [data])
    await kernel.stop()
  }
  configureLogging({ logger: 'disabled' })
  const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  assert.is(warnings.length, 1)
  assert.match(warnings[0] ?? '', 'this release of amqplib is not known')
  assert.match(warnings[0] ?? '', `install amqplib@${peerDependencies.amqplib}`)
})

test.run()
