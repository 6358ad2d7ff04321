// time limit: 120 s
import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deaths } from '../deaths.ts'
import { inScene } from './scene.ts'
import { lettersIn } from './world.ts'

configureLogging({ logger: 'disabled' })

const test = suite('redeliveries on SNS+SQS')

test(
  'a message that kills its process is set aside after retry.redeliveries, and the next is handled',
  inScene(async (scene) => {
    const { server } = scene
    const options = {
      queue: 'q',
      concurrency: 1,
      visibilityTimeout: '1s',
      retry: { attempts: 1, redeliveries: 1 },
    } as const
    await scene.start((service) => service.on(scene.bus().topic('t', options), () => {}))
    await scene.stopAll()
    server.publish('t', JSON.stringify({ metadata: { data_encoding: 'raw' }, data: 'killer' }), {
      region: 'eu-west-1',
    })
    const url = `http://127.0.0.1:${server.port}`
    const bus = {
      regionName: 'eu-west-1',
      awsAccessKeyId: 'test',
      awsSecretAccessKey: 'test',
      waitTime: '1s',
    }
    const handled = await deaths('snsSqs', { ...bus, endpointUrls: { sns: url, sqs: url } }, 't', options)
    assert.equal(
      handled.filter(([data]) => data === 'killer'),
      [
        ['killer', 0],
        ['killer', 1],
      ],
    )
    const [letter, ...others] = lettersIn(server, 'q-dead')
    assert.is(letter?.data, 'killer')
    assert.match(String(letter?.headers['x-dead-letter-reason']), /came back 2 times/)
    assert.equal(others, [])
  }),
)

test.run()
