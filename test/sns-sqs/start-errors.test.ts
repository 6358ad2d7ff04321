// time limit: 240 s
// node: 24 only
// That what is wrong is said clearly, and nothing is lost by it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { configureLogging } from 'tomodachi'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { inScene, rejection, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('errors of SNS+SQS at start')

test(
  'handlers of one queue must be of different topics, and agree on what the queue is like',
  inScene(async (scene) => {
    const bus = scene.bus()
    const shared = await rejection(
      scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q' }), () => {}).on(bus.topic('t', { queue: 'q' }), () => {}),
      ),
    )
    assert.is(shared.code, 'QUEUE_SHARED')
    const conflict = await rejection(
      scene.start((service) =>
        service
          .on(bus.topic('a', { queue: 'q', visibilityTimeout: '1s' }), () => {})
          .on(bus.topic('b', { queue: 'q', visibilityTimeout: '2s' }), () => {}),
      ),
    )
    assert.is(conflict.code, 'OPTIONS_CONFLICT')
    assert.match(conflict.message, /visibilityTimeout: 2000 .* visibilityTimeout: 1000/)
  }),
)

test(
  'a failed handler says so, and secrets and payloads are never logged',
  inScene(async (scene) => {
    const records: unknown[] = []
    const log = (...values: unknown[]) => void records.push(values)
    configureLogging({ logger: { debug: log, info: log, warn: log, error: log }, level: 'debug' })
    const bus = scene.bus({ awsSecretAccessKey: 'a-secret-key' })
    try {
      await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q', retry: { attempts: 1 } }), () => {
          throw new Error('it fails')
        }),
      )
      await bus.publish('t', 'a-secret-payload')
      await until(() => scene.bodies('q-dead').length > 0)
    } finally {
      configureLogging({ logger: 'disabled' })
    }
    const text = inspect(records, { depth: 10 })
    assert.match(text, /message dead-lettered/)
    assert.not.match(text, /a-secret/)
  }),
)

/** Runs a program in a process of its own, without AWS in its environment. */
async function program(text: string): Promise<string> {
  const { PATH = '', NODE_V8_COVERAGE } = process.env
  const env = { PATH, AWS_EC2_METADATA_DISABLED: 'true', ...(NODE_V8_COVERAGE ? { NODE_V8_COVERAGE } : {}) }
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { env })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk
    })
  }
  await once(child, 'close')
  return said
}

const starting = (options: string) => `
  import { configureLogging, Kernel, Service } from 'tomodachi'
  import { snsSqs } from 'tomodachi/sns-sqs'
  configureLogging({ logger: 'disabled' })
  const service = new Service({ adapters: [snsSqs(${options})] })
  await new Kernel([service], { ownsProcess: false }).start().catch(({ code, message }) => console.log(code, message))
`

test('without a region, or without credentials, the start fails and says what to give', async () => {
  assert.match(await program(starting('{}')), /OPTION_INVALID the option snsSqs.regionName must be set here/)
  assert.match(await program(starting(`{ regionName: 'eu-west-1' }`)), /CREDENTIALS_REFUSED AWS rejected/)
})

test('a package that is missing is named, with the command that installs it', async () => {
  const without = (name: string) => `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        if (!specifier.startsWith('${name}')) return next(specifier, context)
        throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
      },
    })
    const { configureLogging, Kernel, Service } = await import('tomodachi')
    const { snsSqs } = await import('tomodachi/sns-sqs')
    configureLogging({ logger: 'disabled' })
    const service = new Service({ adapters: [snsSqs({ embedded: true })] })
    await new Kernel([service], { ownsProcess: false }).start().catch(({ code, message }) => console.log(code, message))
  `
  assert.match(
    await program(without('@aws-sdk/')),
    /PACKAGE_MISSING .*"npm install @aws-sdk\/client-sns @aws/,
  )
  assert.match(await program(without('fauxqs')), /PACKAGE_MISSING .*"npm install fauxqs"/)
})

test.run()
