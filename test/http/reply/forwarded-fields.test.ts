import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { opened, upstream } from '../client/upstream.ts'
import { RawClient, requestText } from '../raw-client.ts'
import { portOf, serve } from '../serving.ts'
import { replying, stopReplying } from './replying.ts'

const forwarding = suite('http forwarded fields')
forwarding.after.each(stopReplying)

const answering = () =>
  upstream((response) =>
    response
      .writeHead(200, [
        ...[
          'Connection',
          'close, X-Hop',
          'X-Hop',
          '1',
          'X-End',
          '2',
          'Keep-Alive',
          'timeout=99',
          'Trailer',
          'x-t',
        ],
        ...['TE', 'trailers', 'Upgrade', 'h2c', 'Proxy-Authenticate', 'Basic', 'Proxy-Connection', 'close'],
        ...[
          'Transfer-Encoding',
          'chunked',
          'Set-Cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
          'Date',
          'today',
          'Server',
          'x',
        ],
      ])
      .end('abc'),
  )

const fields = (headers: Headers) => Object.fromEntries(headers)

forwarding('what belongs to the connection of an upstream is not passed on', async () => {
  const { url } = await answering()
  const called = await opened(url)
  const forms: Record<string, () => unknown> = {
    fetched: () => fetch(url),
    copied: async () => {
      const { body, headers } = await fetch(url)
      return { body, headers: { ...fields(headers), 'set-cookie': headers.getSetCookie() } }
    },
    called: async () => {
      const { body, headers } = await called.stream('GET', '/')
      return { body, headers }
    },
    read: async () => {
      const { data, headers } = await called.get('/')
      return [200, data, headers]
    },
  }
  for (const [name, forward] of Object.entries(forms)) {
    const { client } = await replying(forward)
    client.send(requestText('GET', '/'))
    const response = await client.response()
    const names = response.headers.map(([name]) => name.toLowerCase())
    const ours = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-type']
    assert.equal(
      names.filter((name) => !ours.includes(name)).sort(),
      ['date', 'server', 'set-cookie', 'set-cookie', 'x-end'],
      name,
    )
    assert.equal([response.text, response.header('date'), response.header('server')], ['abc', 'today', 'x'])
    assert.is.not(response.header('keep-alive'), 'timeout=99')
    client.destroy()
  }
})

forwarding(
  'posts to a service that forwards answers are all answered, whatever a connection may bring',
  async () => {
    const { url } = await upstream((response) => response.end('abc'))
    const api = http({ port: 0, maxKeepaliveRequests: 3 })
    await serve(new Service().on(api.post('/'), () => fetch(url, { method: 'POST' })))
    let client = await RawClient.connect(portOf(api))
    for (let number = 0; number < 30; number++) {
      const response = await client.send(requestText('POST', '/', {}, 'a')).response()
      assert.is(response.text, 'abc')
      if (response.header('connection') !== 'close') continue
      await client.closed
      client = await RawClient.connect(portOf(api))
    }
    client.destroy()
  },
)

forwarding('Connection: close of a handler of its own ends the connection', async () => {
  const { client } = await replying(() => ({
    body: 'abc',
    headers: { connection: 'close, x-a', 'X-A': '1' },
  }))
  const response = await client.send(requestText('GET', '/')).response()
  assert.equal([response.header('connection'), response.header('x-a')], ['close', undefined])
  await client.closed
})

forwarding.run()
