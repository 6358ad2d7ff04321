import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { type ClientSocket, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { errorsIn, logged, serve, stopAll } from '../http/serving.ts'
import { Client, dropClients } from './client.ts'

const replies = suite('websocket replies')
replies.after.each(async () => {
  dropClients()
  await stopAll()
})

function made() {
  const api = http({ port: 0 })
  return { api, ws: websocket(api, { accessLog: false }) }
}

replies('what is no reply closes with 1011, and says so', async () => {
  const records = logged()
  const { api, ws } = made()
  const run = () => {}
  class Others {
    open() {}
  }
  const wrong = [
    ...['text', 1, [1], [run, run, run], { message: 1 }, { message: run, open: run }, { close: [] }],
    ...[Buffer.from('text'), new Map([['message', run]]), new Others()],
  ]
  await serve(new Service().on(ws.path('/:index'), ({ params }) => wrong[Number(params.index)] as undefined))
  for (const index of wrong.keys()) assert.is((await (await Client.open(api, `/${index}`)).end())[0], 1011)
  assert.equal(
    errorsIn(records),
    wrong.map(() => 'SOCKET_REPLY_INVALID'),
  )
  const sentences = records
    .filter(({ level }) => level === 'error')
    .map(({ fields }) => /returned (.*);/.exec(fields.error.message)?.[1])
  assert.equal(sentences, [
    'a string',
    'a number',
    'a number as message',
    'a list of 3',
    'a number as message',
    'an object with the key "open"',
    'a list as close',
    'bytes',
    'an object that has neither message nor close',
    'an object that has neither message nor close',
  ])
})

replies('handlers may be methods of a class, or fields of an object without a prototype', async () => {
  class Methods {
    message(data: string | Buffer, { socket }: { readonly socket: ClientSocket }) {
      socket.send(data.toString())
    }
  }
  for (const reply of [
    new Methods(),
    Object.assign(Object.create(null), { message: new Methods().message }),
  ]) {
    const { api, ws } = made()
    await serve(new Service().on(ws.path('/'), () => reply))
    const client = await Client.open(api, '/')
    client.send('text')
    assert.equal(await client.messages(1), ['text'])
  }
})

replies('what a message handler returns is not sent: a warning says so once, without the value', async () => {
  const records = logged()
  const { api, ws } = made()
  const returned: unknown[] = []
  const returning =
    (value: (data: string | Buffer) => unknown) =>
    ({ socket }: { readonly socket: ClientSocket }) => ({
      message(data: string | Buffer) {
        socket.send('handled')
        return value(data)
      },
    })
  await serve(
    new Service()
      .on(
        ws.path('/text'),
        returning((data) => data),
      )
      .on(
        ws.path('/bytes'),
        returning(async (data) => Buffer.from(data)),
      )
      .on(
        ws.path('/object'),
        returning((text) => ({ text })),
      )
      .on(
        ws.path('/count'),
        returning((data) => returned.push(data)),
      )
      .on(
        ws.path('/set'),
        returning((data) => new Set([data])),
      ),
  )
  for (const path of ['/text', '/bytes', '/object', '/count', '/set']) {
    const client = await Client.open(api, path)
    client.send('secret', 'secret')
    assert.equal(await client.messages(2), ['handled', 'handled'])
    client.socket.close()
    assert.is((await client.end())[0], 1005)
  }
  const warnings = records.filter(({ level }) => level === 'warning')
  assert.equal(
    warnings.map(({ fields }) => [fields.handler, fields.returned]),
    [
      ['/text', 'a string'],
      ['/bytes', 'bytes'],
      ['/object', 'an object'],
    ],
  )
  assert.match(warnings[0]?.message ?? '', 'socket.send(')
  assert.not.match(JSON.stringify(records), 'secret')
})

replies.run()
