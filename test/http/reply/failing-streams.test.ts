import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { events, type HttpReply } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requestText } from '../raw-client.ts'
import { accessLines, ask, errorsIn, failureOf, logged, until } from '../serving.ts'
import { replying, stopReplying } from './replying.ts'

const streaming = suite('http failing streams')
streaming.after.each(stopReplying)

/** Replies that break off after their first piece. */
const breaking: readonly (readonly [string, () => HttpReply])[] = [
  [
    'an async generator',
    async function* () {
      yield 'first'
      await sleep(10)
      throw new Error('the source dried up')
    },
  ],
  [
    'a Readable',
    () => {
      const readable = new Readable({ read() {} })
      readable.push('first')
      setTimeout(() => readable.destroy(new Error('the source dried up')), 10)
      return readable
    },
  ],
  [
    'a web stream',
    () => {
      let pulls = 0
      return new ReadableStream({
        async pull(controller) {
          if (pulls++ === 0) return controller.enqueue(new TextEncoder().encode('first'))
          await sleep(10)
          controller.error(new Error('the source dried up'))
        },
      })
    },
  ],
]

for (const [name, reply] of breaking) {
  streaming(`${name} that fails half-way: the connection is destroyed, and it is logged once`, async () => {
    const records = logged()
    const { client } = await replying(reply)
    client.send(requestText('GET', '/'))
    assert.match((await failureOf(() => client.response())).message, /ended within a response.*first/)
    await client.closed
    await until(() => accessLines(records).length > 0)
    assert.equal(errorsIn(records), ['the source dried up'])
    assert.is(accessLines(records).length, 1)
  })
}

const failing: readonly (readonly [string, () => unknown, error: string])[] = [
  ['a file that is not there', () => createReadStream('/no/such/file'), 'ENOENT'],
  [
    'a generator',
    async function* () {
      await sleep(1)
      if (Date.now() > 0) throw new Error('no source')
      yield ''
    },
    'no source',
  ],
  [
    'a web stream',
    () =>
      new ReadableStream({
        pull() {
          throw new Error('no source')
        },
      }),
    'no source',
  ],
  [
    'the body of a Response',
    () =>
      new Response(new ReadableStream({ start: (controller) => controller.error(new Error('no source')) })),
    'no source',
  ],
  [
    'a Readable that is destroyed',
    () => {
      const stream = new Readable({ read() {} })
      setImmediate(() => stream.destroy())
      return stream
    },
    'ERR_STREAM_PREMATURE_CLOSE',
  ],
  [
    'a Readable that has failed',
    () => {
      const stream = new Readable({ read() {} }).on('error', () => {})
      return stream.destroy(new Error('no source'))
    },
    'no source',
  ],
  [
    'a Readable that has failed in the handler, and to which nobody listens,',
    () => new Readable({ read() {} }).destroy(new Error('no source')),
    'no source',
  ],
  [
    'a Readable that has pushed its first byte, and',
    () => {
      const read = function (this: Readable) {
        this.push('first')
        this.destroy(new Error('no source'))
      }
      return new Readable({ read })
    },
    'no source',
  ],
  ['events whose source', () => events(fails()), 'no source'],
  ['events of which the first', () => events(Readable.from([{ id: 'a\nb' }])), 'OPTION_INVALID'],
  [
    'events',
    () =>
      events(() => {
        throw new Error('no source')
      }),
    'no source',
  ],
  ['a stream of objects', () => Readable.from([{ a: 1 }]), 'ERR_INVALID_ARG_TYPE'],
  ['a body with a length', () => [200, Readable.from(fails()), { 'content-length': 10 }], 'no source'],
]

// biome-ignore lint/correctness/useYield: it fails before
async function* fails() {
  throw new Error('no source')
}

for (const [name, reply, error] of failing) {
  streaming(
    `${name} that fails before its first byte is answered with 500, and its connection goes on`,
    async () => {
      const records = logged()
      const { api, client } = await replying(reply)
      for (const _ of [1, 2]) {
        const response = await client.send(requestText('GET', '/')).response()
        assert.equal([response.status, response.header('content-type')], [500, 'text/plain; charset=utf-8'])
      }
      assert.equal(errorsIn(records), [error, error])
      assert.equal(
        accessLines(records).map((line) => line.status_code),
        [500, 500],
      )
      assert.ok((await ask(api, 'HEAD', '/')).status)
      assert.is((await client.send(requestText('GET', '/')).response()).status, 500)
    },
  )
}

streaming('a stream that gives bytes and fails at once has been sent as far as it went', async () => {
  const records = logged()
  const { client } = await replying(async function* () {
    yield 'first'
    throw new Error('the source dried up')
  })
  client.send(requestText('GET', '/'))
  assert.match((await failureOf(() => client.response())).message, /ended within a response.*first/)
  await until(() => accessLines(records).length > 0)
  assert.equal(errorsIn(records), ['the source dried up'])
})

streaming('a stream that is destroyed half-way breaks off, and is logged', async () => {
  const records = logged()
  const { client } = await replying(() => {
    const stream = new Readable({ read() {} })
    stream.push('first')
    setTimeout(() => stream.destroy(), 20)
    return stream
  })
  client.send(requestText('GET', '/'))
  await failureOf(() => client.response())
  await until(() => accessLines(records).length > 0)
  assert.equal(errorsIn(records), ['the stream was destroyed before its end'])
})

streaming('a client that leaves before the first byte ends the stream, without an error', async () => {
  const records = logged()
  let stream: Readable | undefined
  const { client } = await replying(() => {
    stream = new Readable({ read() {} })
    return stream
  })
  client.send(requestText('GET', '/'))
  await until(() => stream !== undefined)
  client.destroy()
  await until(() => stream?.destroyed === true && accessLines(records).length > 0)
  assert.equal([errorsIn(records), accessLines(records)[0]?.status_code], [[], 499])
})

const used = async () => {
  const response = new Response('abc')
  await response.text()
  return response
}
const locked = () => {
  const { readable } = new TransformStream()
  readable.getReader()
  return readable
}
const read = async () => {
  const stream = Readable.from(['abc'])
  await stream.toArray()
  return stream
}

for (const [name, reply] of [
  ['a Response that was read', used],
  [
    'a Response that is being read',
    () => {
      const response = new Response('abc')
      response.body?.getReader()
      return response
    },
  ],
  ['a web stream that is being read', locked],
  ['a body that is being read', () => ({ body: locked() })],
  ['a web stream that was read', async () => (await used()).body],
  ['a Readable that was read', read],
  ['a body that was read', async () => [200, await read()]],
  ['a Readable that was destroyed', () => Readable.from(['abc']).destroy()],
] as const) {
  streaming(`${name} is 500, and the log says so`, async () => {
    const records = logged()
    const { client } = await replying(reply)
    assert.is((await client.send(requestText('GET', '/')).response()).status, 500)
    assert.equal(errorsIn(records), ['REPLY_INVALID'])
    const { error } = records.find(({ level }) => level === 'error')?.fields ?? {}
    assert.match(error.message, 'read already')
  })
}

streaming.run()
