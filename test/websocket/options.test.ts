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
  ['maxPayload', '1 apple'],
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
  ['pingInterval', 10],
  ['pingInterval', '10ms'],
  ['pingInterval', Number.NaN],
  ['pingTimeout', 0],
  ['pingTimeout', '10'],
  ['pingTimeout', 10],
  ['sendTimeout', 0],
  ['sendTimeout', '25d'],
  ['sendTimeout', '30'],
  ['compression', 1],
  ['accessLog', 'no'],
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

for (const [make, sentence] of [
  [() => websocket(api, { port: 1 } as never), 'websocket() has no option "port"; it has name, maxPayload, '],
  [
    () => websocket(api, { heartbeat: 1 } as never),
    'websocket() has no option "heartbeat"; did you mean "pingInterval"?',
  ],
  [
    () => websocket(api, { perMessageDeflate: true } as never),
    'websocket() has no option "perMessageDeflate"; did you mean "compression"?',
  ],
  [
    () => websocket(api, { sendTimeOut: 1 } as never),
    'websocket() has no option "sendTimeOut"; did you mean "sendTimeout"?',
  ],
  [
    () => websocket(api, { pingInterval: 30 }),
    'the option websocket.pingInterval must be 0, or a duration from 100ms to 24d, such as 500 (milliseconds), "20s" or "5m", or Infinity, not 30',
  ],
  [() => websocket(api, 'chat' as never), 'the options of websocket() must be an object, not "chat"'],
  [
    () => websocket({ name: 'chat' } as never),
    'websocket(api) must be an HTTP server, such as the value of http(), not "object"',
  ],
  [
    () => websocket(api).path(5 as never),
    'websocket.path(path) must be a path such as "/chat/:room", or a RegExp, not 5',
  ],
] as const) {
  options(`${String(make).slice(6)} is refused`, () => {
    assert.throws(make, (error: { code?: string; message: string }) => {
      assert.is(error.code, 'OPTION_INVALID')
      assert.ok(error.message.startsWith(sentence), error.message)
      return true
    })
  })
}

options('what is allowed', () => {
  websocket(api)
  websocket(api, {
    name: 'chat',
    maxPayload: '1MB',
    protocols: ['v1.chat'],
    origins: ['https://example.com', 'http://localhost:3000', 'null'],
    pingInterval: 0,
    pingTimeout: '100ms',
    highWaterMark: 1,
    sendLimit: 1,
    sendTimeout: '1d',
    compression: true,
    accessLog: false,
  })
})

options('no limit of time', () => {
  const never = Number.POSITIVE_INFINITY
  websocket(api, { pingInterval: never, pingTimeout: never, sendTimeout: never })
})

options.run()
