// needs: redis
import { redis } from 'tomodachi/redis'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { contextsSeen } from '../contexts-seen.ts'
import { unique } from './scene.ts'
import { serverUrl } from './world.ts'

const contexts = suite('redis async context')

contexts(
  'a handler, its schema and the observers see neither publisher nor starter nor another handler',
  async () => {
    assert.equal(await contextsSeen(redis({ url: serverUrl, prefix: unique('contexts') })), [undefined])
  },
)

contexts.run()
