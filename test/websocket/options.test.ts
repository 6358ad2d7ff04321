import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const options = suite('websocket options')
const api = http({ port: 0 })

const bad: readonly (readonly [option: string, value: unknown])[] = [
  ['name', 'two\nlines'],
  ['name', 1],
  ['maxPayload', 0],
  ['maxPayload', '1MB'],
  ['maxPayload', 2 ** 31],
  ['highWaterMark', 1.5],
  ['sendLimit', Number.POSITIVE_INFINITY],
  ['protocols', 'chat'],
  ['protocols', ['two words']],
  ['protocols', ['']],
  ['origins', 'https://example.com'],
  ['origins', ['example.com']],
  ['origins', ['https://example.com/']],
  ['origins', ['https://Example.com']],
  ['origins', ['*']],
  ['pingInterval', -1],
  ['pingInterval', 0.01],
  ['pingInterval', Number.NaN],
  ['pingTimeout', 0],
  ['pingTimeout', '10'],
  ['sendTimeout', 0],
  ['sendTimeout', 86_401],
  ['compression', 1],
  ['accessLog', 'no'],
  ['port', 9_700],
]

for (const [option, value] of bad) {
  options(`${option}: ${JSON.stringify(value)} is refused`, () => {
    try {
      websocket(api, { [option]: value })
    } catch (error) {
      const { code, message } = error as { code?: string; message: string }
      assert.is(code, 'OPTION_INVALID')
      assert.match(message, `websocket.${option} `)
      return
    }
    assert.unreachable()
  })
}

options('what is allowed', () => {
  websocket(api)
  websocket(api, {
    name: 'chat',
    maxPayload: 1,
    protocols: ['v1.chat'],
    origins: ['https://example.com', 'http://localhost:3000', 'null'],
    pingInterval: 0,
    pingTimeout: 0.1,
    highWaterMark: 1,
    sendLimit: 1,
    sendTimeout: 86_400,
    compression: true,
    accessLog: false,
  })
})

options.run()
