import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requestText } from '../raw-client.ts'
import { accessLines, portOf, stopAll, until } from '../serving.ts'
import { connected, serving, texts, wish } from './upgrading.ts'

const pipelined = suite('http upgrade among pipelined requests')
pipelined.after.each(stopAll)

const mixed = [
  requestText('GET', '/a'),
  requestText('GET', '/b', wish('h2c')),
  requestText('GET', '/c', wish('websocket', 'keep-alive, Upgrade')),
  requestText('GET', '/d', wish('h2c', 'UPGRADE, HTTP2-Settings')),
  requestText('POST', '/e', {}, 'five'),
  requestText('GET', '/no/where', wish('twice')),
  requestText('POST', '/twice', wish('twice')),
  requestText('GET', '/f', { Upgrade: 'twice' }),
  requestText('GET', '/g', { Connection: 'Upgrade' }),
  requestText('GET', '/h'),
]
const answers = ['a', 'b', 'c', 'd', 'e five', 'Not Found', 'twice ', 'f', 'g', 'h']

pipelined('requests behind a wish that nobody takes are answered, each in its turn', async () => {
  const { api, records } = await serving()
  for (const pieces of [[Buffer.concat(mixed)], mixed]) {
    const client = await connected(api)
    for (const piece of pieces) {
      client.send(piece)
      await new Promise(setImmediate)
    }
    assert.equal(await texts(client, answers.length), answers)
    client.destroy()
  }
  await until(() => accessLines(records).length === 2 * answers.length)
})

pipelined(
  'what comes behind a wish with a body is answered, or the answer says that it is the last',
  async () => {
    const { api } = await serving()
    const chunked = { ...wish('twice'), 'Transfer-Encoding': 'chunked' }
    for (const [wanted, body] of [
      [requestText('POST', '/b', wish('h2c'), 'body'), ''],
      [requestText('POST', '/b', chunked), '4\r\nbody\r\n0\r\n\r\n'],
      [requestText('POST', '/b', { ...wish('h2c'), 'Content-Length': '4' }), 'body'],
    ] as const) {
      const client = await connected(api)
      const pieces = body === '' ? [wanted] : [wanted, Buffer.from(body)]
      const texts: string[] = []
      for (const piece of [requestText('GET', '/a'), ...pieces.slice(0, -1)]) client.send(piece)
      client.send(Buffer.concat([pieces.at(-1) ?? Buffer.alloc(0), requestText('GET', '/h')]))
      for (let isLast = false; !isLast && texts.length < 3; ) {
        const response = await client.response()
        texts.push(response.text)
        isLast = response.header('connection') === 'close'
        if (isLast) await client.closed
      }
      assert.equal(texts.slice(0, 2), ['a', 'b body'])
      assert.is(texts[2] ?? 'h', 'h')
      client.destroy()
    }
  },
)

pipelined('wherever the segments end', async () => {
  const { api } = await serving()
  const text = Buffer.concat([...mixed.slice(0, 4), requestText('GET', '/h')])
  for (let at = 1; at < text.length; at += 11) {
    const client = await connected(api)
    client.send(text.subarray(0, at))
    await new Promise(setImmediate)
    client.send(text.subarray(at))
    assert.equal(await texts(client, 5), ['a', 'b', 'c', 'd', 'h'], `cut at ${at}`)
    client.destroy()
  }
})

pipelined('a refused wish is the last answer, and what comes behind it does not take it along', async () => {
  const { api, records } = await serving()
  for (const [text, status] of [
    [requestText('GET', '/never', wish('never')), 403],
    [Buffer.from('GET /never HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: never\r\n\r\n'), 400],
    [Buffer.from('CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n'), 501],
  ] as const) {
    const client = await connected(api)
    const behind = Array.from({ length: 1_000 }, () => requestText('GET', '/late'))
    client.send(Buffer.concat([requestText('GET', '/a'), requestText('GET', '/b'), text, ...behind]))
    assert.equal(await texts(client, 2), ['a', 'b'])
    const refused = await client.response()
    assert.equal([refused.status, refused.header('connection')], [status, 'close'])
    client.socket.end()
    await client.closed
    assert.is(client.received.length, 0)
  }
  await until(() => accessLines(records).length === 9)
  assert.equal(
    accessLines(records)
      .map((line) => line.status_code)
      .filter((status) => status !== 200),
    [403, 400, 501],
  )
})

pipelined('behind the answer with which a connection ends, no wish is taken', async () => {
  const { api, release } = await serving({ maxKeepaliveRequests: 1 })
  for (const target of ['/twice', '/b']) {
    const client = await connected(api)
    client.send(Buffer.concat([requestText('GET', '/slow'), requestText('GET', target, wish('twice'))]))
    await release()
    const last = await client.response()
    assert.equal([last.text, last.header('connection')], ['slow', 'close'])
    await client.closed
    assert.is(client.received.length, 0)
  }
})

pipelined('the head that starts over is as long as it came: what does not fit is refused', async () => {
  const { api } = await serving()
  const many = Object.fromEntries(Array.from({ length: 2_100 }, (_, index) => [`a${index}`, '']))
  const client = await connected(api)
  const smuggled = { 'Transfer-Encoding': 'chunked' }
  client.send(requestText('POST', '/b', { ...wish('h2c'), ...many, ...smuggled }))
  client.send('0\r\n\r\n')
  client.send(requestText('GET', '/smuggled'))
  assert.is((await client.response()).status, 431)
  await client.closed
  assert.is(client.received.length, 0)
  assert.ok(portOf(api) > 0)
})

pipelined.run()
