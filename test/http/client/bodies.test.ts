import { Readable } from 'node:stream'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { FormData as UndiciForm } from 'undici'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, serve } from '../serving.ts'
import { json, opened, stopEverything, upstream } from './upstream.ts'

const bodies = suite('http client bodies')
bodies.after.each(stopEverything)

const ok = (response: Parameters<typeof json>[0]) => json(response, { ok: true })

const web = () =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from('piece by '))
      controller.enqueue(Buffer.from('piece'))
      controller.close()
    },
  })
async function* pieces() {
  yield 'piece by '
  yield Buffer.from('piece')
}

for (const [what, options, body, type] of [
  ['json', { json: { a: ['å'] } }, '{"a":["å"]}', 'application/json'],
  ['a json of null', { json: null }, 'null', 'application/json'],
  ['text', { body: 'å' }, 'å', 'text/plain; charset=utf-8'],
  ['bytes', { body: Buffer.from('å') }, 'å', undefined],
  ['a part of bytes', { body: new TextEncoder().encode('abc').subarray(1) }, 'bc', undefined],
  ['a type of its own', { body: '<a/>', headers: { 'Content-Type': 'text/xml' } }, '<a/>', 'text/xml'],
  ['a node stream', { body: () => Readable.from(pieces()) }, 'piece by piece', undefined],
  ['a web stream', { body: web }, 'piece by piece', undefined],
  ['an async iterable', { body: pieces }, 'piece by piece', undefined],
  [
    'the fields of a form',
    { body: new URLSearchParams({ a: 'b c' }) },
    'a=b+c',
    'application/x-www-form-urlencoded;charset=UTF-8',
  ],
  ['nothing', {}, '', undefined],
] as const) {
  bodies(`a body may be ${what}`, async () => {
    const orders = await upstream(ok)
    const client = await opened(orders.url)
    const made = 'body' in options && typeof options.body === 'function' ? { body: options.body() } : options
    await client.post('/', made as object)
    const [received] = orders.received
    assert.equal([received?.body.toString(), received?.headers['content-type']], [body, type])
  })
}

for (const [whose, Form] of [
  ['node', FormData],
  ['undici', UndiciForm],
] as const) {
  bodies(
    `a body may be a form with files, of the class of ${whose}, and is sent again like any other`,
    async () => {
      const api = http({ port: 0, host: '127.0.0.1' })
      let tries = 0
      await serve(
        new Service().on(api.put('/'), async ({ request }) => {
          if (++tries === 1) return [503]
          const form = await request.formData()
          const file = form.get('file') as File
          return { body: { name: form.getAll('name'), file: [file.name, file.type, await file.text()] } }
        }),
      )
      const form = new Form()
      form.append('name', 'å')
      form.append('name', 'b')
      form.append('file', new Blob(['text'], { type: 'text/csv' }), 'räkning.csv')
      const orders = await opened(api.url, { headers: { 'content-type': 'text/plain' } })
      const { data } = await orders.put('/', { body: form as FormData })
      assert.equal(data, { name: ['å', 'b'], file: ['räkning.csv', 'text/csv', 'text'] })
      assert.is(tries, 2)
    },
  )
}

bodies(
  'a stream of the caller that fails: the call rejects with its error, and the request breaks off',
  async () => {
    const orders = await upstream(ok)
    const client = await opened(orders.url)
    const failure = new Error('the disk is gone')
    async function* broken() {
      yield 'a'
      throw failure
    }
    for (const body of [broken(), Readable.from(broken())]) {
      assert.is(await failureOf(() => client.put('/', { body })), failure)
    }
    assert.equal(orders.received, [])
  },
)

bodies.run()
