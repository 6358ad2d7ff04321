// node: 24 only
// What an account says beside its keys: endpoints of its profile, and tags.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configureLogging, DeadLetter } from 'tomodachi'
import { snsSqs } from 'tomodachi/sns-sqs'
import * as assert from 'uvu/assert'
import { sideBySide } from '../side-by-side.ts'
import { console } from './console.ts'
import { inScene, until } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = sideBySide('accounts of AWS')
const region = { region: 'eu-west-1' }
const topicArn = (topic: string) => `arn:aws:sns:eu-west-1:000000000000:${topic}`

test(
  'an endpoint_url of the profile holds for each call, also for those to a queue',
  inScene(async (scene) => {
    const folder = mkdtempSync(join(tmpdir(), 'profile-'))
    const config = join(folder, 'config')
    const lines = ['region = eu-west-1', 'aws_access_key_id = test', 'aws_secret_access_key = test']
    const endpoint = `endpoint_url = http://127.0.0.1:${scene.proxy.port}`
    writeFileSync(config, `[profile here]\n${[...lines, endpoint].join('\n')}\n`)
    Object.assign(process.env, { AWS_CONFIG_FILE: config, AWS_PROFILE: 'here' })
    try {
      const bus = snsSqs({ waitTime: '1s' })
      const noted: unknown[] = []
      await scene.start((service) =>
        service.on(bus.topic('t', { queue: 'q' }), ({ data }) => void noted.push(data)),
      )
      await bus.publish('t', 'x')
      await until(() => noted.length > 0 && scene.proxy.count('DeleteMessageBatch') > 0)
      assert.ok(scene.proxy.count('ReceiveMessage') > 0)
    } finally {
      for (const name of ['AWS_CONFIG_FILE', 'AWS_PROFILE']) delete process.env[name]
      rmSync(folder, { recursive: true })
    }
  }),
)

test(
  'tags are set on the topics and queues that are created, added to those that exist, and then left alone',
  inScene(async (scene) => {
    const { sns, sqs } = console(scene)
    scene.server.createQueue('old', region)
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'old' })
    await sqs.tagQueue({ QueueUrl, Tags: { theirs: 'kept', team: 'other' } })
    const tags = { team: 'billing', stage: 'test' }
    for (let start = 0; start < 2; start++) {
      const bus = scene.bus({ tags })
      const kernel = await scene.start((service) => {
        for (const queue of ['new', 'old'])
          service.on(
            bus.topic(queue, { queue }),
            () => {
              throw new DeadLetter('now')
            },
            { name: queue },
          )
      })
      await bus.publish('new', 'x')
      await until(() => lettersIn(scene.server, 'new-dead').length === start + 1)
      await kernel.stop()
    }
    const tagsOf = async (queue: string) => {
      const { QueueUrl } = await sqs.getQueueUrl({ QueueName: queue })
      return (await sqs.listQueueTags({ QueueUrl })).Tags
    }
    assert.equal(await tagsOf('new'), tags)
    assert.equal(await tagsOf('new-dead'), tags)
    assert.equal(await tagsOf('old'), { theirs: 'kept', ...tags })
    const { Tags = [] } = await sns.listTagsForResource({ ResourceArn: topicArn('new') })
    assert.equal(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])), tags)
    assert.equal([scene.proxy.count('TagResource'), scene.proxy.count('TagQueue')], [0, 1])
  }),
)

test.run()
