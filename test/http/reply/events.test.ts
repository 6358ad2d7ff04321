import { EventEmitter, on, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Kernel, Service } from 'tomodachi'
import {
  type EventsFrom,
  type EventsOptions,
  events,
  type Http,
  http,
  type ServerEvent,
} from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, errorsIn, failureOf, logged, portOf, serve, stopAll, until } from '../serving.ts'

const sse = suite('http events')
sse.after.each(stopAll)

async function serving(source: EventsFrom, options?: EventsOptions): Promise<{ api: Http; kernel: Kernel }> {
  const api = http({ port: 0 })
  const service = new Service()
    .on(api.get('/events'), () => events(source, options))
    .on(api.get('/last'), ({ request }) => request.lastEventId)
  return { api, kernel: await serve(service) }
}

async function connect(api: Http): Promise<RawClient> {
  const client = await RawClient.connect(portOf(api))
  return client.send(requestText('GET', '/events'))
}

const text = (client: RawClient) => client.received.toString()

async function* of(...list: readonly ServerEvent[]): AsyncGenerator<ServerEvent> {
  yield* list
}

sse('events are written as the standard has them, and the stream ends with its source', async () => {
  const source = of(
    { data: 'text' },
    { data: { id: 1 }, event: 'order', id: '7', retry: 1_000 },
    { data: 'two\nlines\r\nand\rmore\n' },
    { data: '' },
    { data: null },
    { id: '' },
  )
  const { api } = await serving(source)
  const response = await ask(api, 'GET', '/events')
  assert.is(response.header('content-type'), 'text/event-stream; charset=utf-8')
  assert.is(response.header('cache-control'), 'no-store')
  assert.is(response.header('x-accel-buffering'), 'no')
  assert.equal(response.text.split('\n\n'), [
    ':',
    'data: text',
    'event: order\nid: 7\nretry: 1000\ndata: {"id":1}',
    'data: two\ndata: lines\ndata: and\ndata: more\ndata: ',
    'data: ',
    'data: null',
    'id: ',
    '',
  ])
})

sse('the stream is open before the first event, and a comment keeps it so', async () => {
  const { api } = await serving(() => endless(), { heartbeat: 20 })
  const client = await connect(api)
  await until(() => text(client).includes('\r\n\r\n3\r\n:\n\n'), 'an open stream')
  await until(() => text(client).split(':\n\n').length > 4, 'heartbeats')
  client.destroy()
})

for (const heartbeat of [0, Number.POSITIVE_INFINITY])
  sse(`heartbeat: ${heartbeat} leaves it at the first one`, async () => {
    const { api } = await serving(() => endless(), { heartbeat })
    const client = await connect(api)
    await sleep(60)
    assert.is(text(client).split(':\n\n').length, 2)
    client.destroy()
  })

async function* endless(): AsyncGenerator<ServerEvent> {
  await new Promise(() => {})
}

sse('when the client leaves, the signal aborts and the iterator is returned', async () => {
  const emitter = new EventEmitter()
  let aborted = false
  let returned = false
  const { api } = await serving(async function* (signal) {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    try {
      for await (const [event] of on(emitter, 'event', { signal })) yield event as ServerEvent
    } finally {
      returned = true
    }
  })
  const records = logged()
  const client = await connect(api)
  await until(() => emitter.listenerCount('event') === 1)
  emitter.emit('event', { data: 1 })
  await until(() => text(client).includes('data: 1\n\n'))
  client.destroy()
  await until(() => aborted && returned)
  assert.is(emitter.listenerCount('event'), 0)
  assert.equal(errorsIn(records), [])
})

sse('a plain iterator is returned too, though it waits for its next event', async () => {
  let returned = false
  const waiting: AsyncIterator<ServerEvent> = {
    next: () => new Promise(() => {}),
    return: async () => {
      returned = true
      return { done: true, value: undefined }
    },
  }
  const { api } = await serving({ [Symbol.asyncIterator]: () => waiting })
  const client = await connect(api)
  await until(() => text(client).includes(':\n\n'))
  client.destroy()
  await until(() => returned)
})

sse('a drain ends the streams at once, in good order', async () => {
  let aborted = false
  const { api, kernel } = await serving((signal) => {
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return endless()
  })
  const client = await connect(api)
  await until(() => text(client).includes(':\n\n'))
  const before = Date.now()
  await kernel.stop()
  await client.closed
  assert.ok(Date.now() - before < 10_000, 'not by the deadline of the drain')
  assert.ok(aborted)
  assert.ok(text(client).endsWith('\r\n0\r\n\r\n'), 'the last chunk was sent')
})

sse('a stream that begins while the server drains ends at once', async () => {
  const api = http({ port: 0 })
  let answer = () => {}
  const asked = new Promise<void>((resolve) => {
    answer = resolve
  })
  let arrived = false
  const kernel = await serve(
    new Service().on(api.get('/events'), async () => {
      arrived = true
      await asked
      return events(() => endless())
    }),
  )
  const client = await connect(api)
  await until(() => arrived)
  const stopped = kernel.stop()
  await until(() => kernel.state !== 'started')
  await sleep(50)
  answer()
  await stopped
  assert.is((await client.response()).status, 200)
})

sse('events are asked for as fast as the client takes them', async () => {
  let made = 0
  const { api } = await serving(async function* () {
    for (;;) yield { data: 'x'.repeat(10_000), id: String(made++) }
  })
  const client = await connect(api)
  client.socket.pause()
  await until(() => made > 3)
  await sleep(200)
  const stalled = made
  await sleep(200)
  assert.is(made, stalled, 'nothing more is made while nobody reads')
  client.destroy()
})

sse('HEAD opens no source', async () => {
  let opened = false
  const { api } = await serving(() => {
    opened = true
    return of()
  })
  const response = await ask(api, 'HEAD', '/events')
  assert.equal([response.status, response.header('content-type')], [200, 'text/event-stream; charset=utf-8'])
  assert.not(opened)
})

sse('a source that fails breaks the stream off, and is logged', async () => {
  const failing = new EventEmitter()
  const { api } = await serving(async function* () {
    yield { data: 1 }
    await once(failing, 'anything')
  })
  const records = logged()
  const client = await connect(api)
  await until(() => text(client).includes('data: 1'))
  failing.emit('error', new Error('no more'))
  await client.closed
  assert.not(text(client).endsWith('0\r\n\r\n'))
  await until(() => errorsIn(records)[0] === 'no more')
})

sse('a source that fails to open is answered with 500', async () => {
  const { api } = await serving(() => {
    throw new Error('not there')
  })
  const records = logged()
  assert.is((await (await connect(api)).response()).status, 500)
  assert.equal(errorsIn(records), ['not there'])
})

for (const [field, event] of [
  ['event', { event: 'a\nb' }],
  ['id', { id: 'a\rdata: forged' }],
  ['id', { id: 1 }],
  ['retry', { retry: -1 }],
  ['retry', { retry: 1.5 }],
  ['message', { message: 'text' }],
] as const) {
  sse(`${JSON.stringify(event)} is not sent`, async () => {
    const { api } = await serving(of(event as ServerEvent))
    const records = logged()
    const response = await (await connect(api)).response()
    assert.is(response.status, 500)
    assert.not.match(response.text, `${field}:`)
    assert.equal(errorsIn(records), ['OPTION_INVALID'])
  })
}

for (const options of [{ heartbeat: -1 }, { heartbeat: '5' }, { heartbeat: 2 ** 31 }, { retry: 1 }])
  sse(`the options ${JSON.stringify(options)} are refused`, async () => {
    const failure = await failureOf(() => events(of(), options as EventsOptions))
    assert.is(failure.code, 'OPTION_INVALID')
  })

sse('the last event id is what the browser got, in UTF-8', async () => {
  const { api } = await serving(of())
  assert.is((await ask(api, 'GET', '/last', { 'Last-Event-ID': '7' })).text, '7')
  assert.is((await ask(api, 'GET', '/last', { 'Last-Event-ID': 'å☃' })).text, 'å☃')
  assert.is((await ask(api, 'GET', '/last')).text, '')
})

sse.run()
