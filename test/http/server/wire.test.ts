import { once } from 'node:events'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { Service } from 'tomodachi'
import { type Http, HttpError, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { accessLines, errorsIn, logged, portOf, serve, stopAll } from '../serving.ts'

const wire = suite('http on the wire')
let ran: string[] = []
let api: Http

wire.before.each(async () => {
  ran = []
  api = http({ port: 0 })
  const noting = (name: string) => void ran.push(name)
  await serve(
    new Service()
      .on(api.get('/text/:status'), ({ params }) => [
        Number(params.status),
        'text',
        { 'content-type': 'text/html' },
      ])
      .on(api.get('/plain/:status'), ({ params }) => [Number(params.status), 'text'])
      .on(api.get('/json/:status'), ({ params }) => ({ status: Number(params.status), body: { a: 1 } }))
      .on(api.get('/none/:status'), ({ params }) => [Number(params.status)])
      .on(api.get('/stream/:status'), ({ params }) => [Number(params.status), new Blob(['text']).stream()])
      .on(api.get('/response/:status'), ({ params }) => new Response(null, { status: Number(params.status) }))
      .on(api.get('/fast'), () => {
        noting('fast')
        return 'fast'
      })
      .on(api.get('/slow'), async () => {
        noting('slow')
        await new Promise(setImmediate)
        return 'slow'
      })
      .on(api.get('/closes'), () => [200, 'closes', { connection: 'close' }])
      .on(api.get('/fails'), () => {
        throw new HttpError(409, 'fails', { headers: { Connection: 'close' } })
      }),
  )
})
wire.after.each(stopAll)

for (const status of ['204', '205', '304']) {
  for (const kind of ['text', 'plain', 'json', 'none', 'stream', 'response']) {
    wire(`a ${status} has no content and does not speak of any: ${kind}`, async () => {
      const client = await RawClient.connect(portOf(api))
      client.send(requestText('GET', `/${kind}/${status}`))
      const response = await client.response()
      assert.is(response.status, Number(status))
      assert.is(response.header('content-type'), undefined)
      if (status === '204') assert.is(response.header('content-length'), undefined)
      if (status === '205') assert.equal([response.header('content-length'), response.text], ['0', ''])
      // Nothing of it stands in the way of the next answer.
      assert.is((await client.send(requestText('GET', '/fast')).response()).text, 'fast')
      client.destroy()
    })
  }
}

wire('OPTIONS * is answered, other methods know no such thing', async () => {
  const client = await RawClient.connect(portOf(api))
  const response = await client.send(requestText('OPTIONS', '*')).response()
  assert.equal([response.status, response.header('content-length'), response.text], [200, '0', ''])
  assert.is((await client.send(requestText('GET', '*')).response()).status, 404)
  assert.is((await client.send(requestText('OPTIONS', '/fast')).response()).status, 405)
  client.destroy()
})

/** Sends all at once, and reads until the connection ends: the bodies of the answers. */
async function answers(...requests: readonly (string | Uint8Array)[]): Promise<string[]> {
  const socket = connect(portOf(api), '127.0.0.1')
  socket.write(Buffer.concat(requests.map((request) => Buffer.from(request))))
  const [received] = await Promise.all([textOf(socket), once(socket, 'close')])
  return received
    .split(/(?=HTTP\/1\.1 )/)
    .filter((answer) => answer !== '')
    .map((answer) => answer.split('\r\n\r\n')[1] as string)
}

const get = (path: string, headers = {}) => requestText('GET', path, headers)
const closing = { Connection: 'close' }
const junk = 'this is no HTTP\r\n\r\n'
const old = 'GET /fast HTTP/1.0\r\n\r\n'

for (const [what, requests, bodies, handled] of [
  ['a request that wants so', [get('/fast', closing), get('/fast')], ['fast'], ['fast']],
  ['a slow one that wants so', [get('/slow', closing), get('/fast')], ['slow'], ['slow']],
  [
    'the second of three',
    [get('/slow'), get('/fast', closing), get('/slow')],
    ['slow', 'fast'],
    ['slow', 'fast'],
  ],
  ['HTTP/1.0', [old, get('/fast')], ['fast'], ['fast']],
  ['HTTP/1.0 and junk', [old, junk], ['fast'], ['fast']],
  ['a request that wants so, and junk', [get('/fast', closing), junk], ['fast'], ['fast']],
  ['a reply that says so', [get('/closes'), get('/fast')], ['closes'], []],
  ['a reply that says so, and junk', [get('/closes'), junk], ['closes'], []],
  ['an error that says so', [get('/fails'), get('/fast')], ['fails'], []],
] as const) {
  wire(`nothing is answered behind a final answer: ${what}`, async () => {
    const records = logged()
    assert.equal(await answers(...requests), [...bodies])
    assert.equal(ran, [...handled])
    assert.equal(errorsIn(records), [])
    assert.is(accessLines(records).length, bodies.length)
  })
}

wire('junk behind an answer that is not final is refused, once', async () => {
  assert.equal(await answers(get('/fast'), junk), ['fast', 'Bad Request'])
})

wire.run()
