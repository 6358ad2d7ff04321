// needs: rabbitmq
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { contextsSeen } from '../contexts-seen.ts'
import { brokerUrl } from './world.ts'

const contexts = suite('amqp async context')

contexts(
  'a handler, its schema and the observers see neither publisher nor starter nor another handler',
  async () => {
    assert.equal(await contextsSeen(amqp({ url: brokerUrl, queueTtl: '10m' })), [undefined])
  },
)

contexts.run()
