// time limit: 120 s
// node: 24 only
// Starts and closes that end when the adapter runs again.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configureLogging, Kernel, manualClock, Service } from 'tomodachi'
import { type SnsSqsBus, snsSqs } from 'tomodachi/sns-sqs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred, turn } from '../kernel/fake-adapter.ts'
import { leftBehind, stoppedAtDeadlines } from '../kernel/left-behind.ts'
import { started } from '../kernel/started.ts'
import { inScene, type Scene, until } from './scene.ts'

configureLogging({ logger: 'disabled' })

const late = suite('late ends of SNS+SQS')

/** A service with one handler, and what proves that it works. */
function handling(bus: SnsSqsBus) {
  const seen: unknown[] = []
  const service = new Service({ drainTimeout: 5_000 }).on(bus.topic('t', { queue: 'q' }), ({ data }) => {
    seen.push(data)
  })
  const prove = async (kernel: Kernel) => {
    for (let turns = 0; turns < 20; turns++) await turn()
    assert.is(kernel.ready, true)
    await bus.publish('t', 'here')
    await until(() => seen.length > 0, 'a message is handled')
    assert.equal(seen, ['here'])
    assert.is(await kernel.stop(), 0)
  }
  return { service, prove }
}

const key = JSON.stringify({ Version: 1, AccessKeyId: 'test', SecretAccessKey: 'test' })

/** Has the SDK ask a program for credentials, which the first time says nothing until `answer` is called. */
function slowCredentials() {
  const folder = mkdtempSync(join(tmpdir(), 'late-'))
  const [asked, pipe, program, config] = ['asked', 'pipe', 'program.sh', 'config'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  execFileSync('mkfifo', [pipe])
  writeFileSync(program, `if mkdir ${asked} 2>/dev/null; then cat ${pipe}; else echo '${key}'; fi\n`)
  writeFileSync(config, `[profile late]\ncredential_process = sh ${program}\n`)
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) delete process.env[name]
  Object.assign(process.env, { AWS_CONFIG_FILE: config, AWS_PROFILE: 'late' })
  return {
    asked: () => until(() => existsSync(asked), 'credentials are asked for'),
    async answer() {
      await writeFile(pipe, key)
      await until(() => !process.getActiveResourcesInfo().includes('ProcessWrap'), 'the program has ended')
    },
    remove() {
      for (const name of ['AWS_CONFIG_FILE', 'AWS_PROFILE']) delete process.env[name]
      rmSync(folder, { recursive: true })
    },
  }
}

const withPipes = process.platform !== 'win32' ? late : late.skip

withPipes(
  'a start that ends after its kernel was stopped leaves the next run alone',
  inScene(async ({ proxy }: Scene) => {
    const credentials = slowCredentials()
    const url = `http://127.0.0.1:${proxy.port}`
    const bus = snsSqs({ regionName: 'eu-west-1', endpointUrls: { sns: url, sqs: url }, waitTime: '1s' })
    const { service, prove } = handling(bus)
    await leftBehind(service, credentials.asked)
    const kernel = await started(service)
    await credentials.answer()
    await prove(kernel)
    credentials.remove()
  }),
)

late(
  'a close that ends after its kernel was stopped leaves the next run alone',
  inScene(async (scene: Scene) => {
    const { service, prove } = handling(scene.bus())
    const released = deferred()
    let isAnswered = false
    const edit = (body: string) => {
      isAnswered = true
      return body
    }
    const hold = { until: released.promise, edit }
    scene.proxy.fault = ({ operation }) => (operation === 'ReceiveMessage' ? hold : undefined)
    const clock = manualClock()
    const first = new Kernel([service], { ownsProcess: false, clock })
    await first.start()
    await until(() => scene.proxy.count('ReceiveMessage') > 0, 'a receive is under way')
    await stoppedAtDeadlines(first, clock)
    scene.proxy.fault = () => undefined
    const kernel = await started(service)
    released.resolve()
    await until(() => isAnswered, 'the receive of the first run has ended')
    await prove(kernel)
  }),
)

late.run()
