// time limit: 60 s
import { Service } from 'tomodachi'
import { type Http, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient } from '../raw-client.ts'
import { errorsIn, logged, portOf, serve, stopAll } from '../serving.ts'

/** Requests that a proxy and a server might each read in another way, or that are none. */
const smuggling = suite('http smuggling')
smuggling.after.each(stopAll)

let handled: string[] = []

async function serving(): Promise<Http> {
  handled = []
  const api = http({ port: 0, maxHeaderSize: '8KB' })
  await serve(
    new Service().on(api.route(['GET', 'POST'], '/*'), async ({ request }) => {
      const text = await request.text()
      handled.push(`${request.path} ${text}`)
      return text
    }),
  )
  return api
}

const get = (line: string, fields = '') => `${line}\r\nHost: x\r\n${fields}\r\n`
const header = (field: string) => get('GET /a HTTP/1.1', `${field}\r\n`)
const post = (fields: string, body: string) => get('POST /a HTTP/1.1', `${fields}\r\n`) + body
const length = (value: string) => post(`Content-Length:${value}`, 'hello')
const coding = (value: string, body = '5\r\nhello\r\n0\r\n\r\n') => post(`Transfer-Encoding:${value}`, body)
const chunks = (body: string) => coding(' chunked', body)

const refused: readonly (readonly [name: string, bytes: string, status?: number])[] = [
  ['a length and chunks', post('Content-Length: 6\r\nTransfer-Encoding: chunked', '0\r\n\r\nG')],
  [
    'chunks and a length',
    post('Transfer-Encoding: chunked\r\nContent-Length: 3', '8\r\nSMUGGLED\r\n0\r\n\r\n'),
  ],
  ['two lengths', post('Content-Length: 5\r\nContent-Length: 6', 'hello!')],
  ['two lengths that agree', post('Content-Length: 5\r\nContent-Length: 5', 'hello')],
  ['a list of lengths', length(' 5, 5')],
  ['a length with a sign', length(' +5')],
  ['a length below zero', length(' -5')],
  ['a length in hexadecimal', length(' 0x5')],
  ['a length of nothing', length(' ')],
  ['a length beyond all numbers', length(' 99999999999999999999999')],
  ['a length in two words', length(' 5 5')],
  ['a blank before the colon of a length', post('Content-Length : 5', 'hello')],
  ['a blank before the colon of a coding', post('Transfer-Encoding : chunked', '0\r\n\r\n')],
  ['an unknown coding', coding(' xchunked')],
  ['no coding', coding(' identity')],
  ['chunks that are not the last coding', coding(' chunked, identity')],
  ['two codings', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '0\r\n\r\n')],
  ['chunks twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n')],
  ['a coding in quotes', coding(' "chunked"')],
  ['a coding behind a vertical tab', coding(' \x0bchunked')],
  ['a coding on a second line', coding('\r\n chunked')],
  ['a coding that we do not know before the chunks', coding(' gzip, chunked'), 501],
  ['chunks in HTTP/1.0', 'POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk without a size', chunks('zz\r\n')],
  ['a chunk larger than all numbers', chunks('FFFFFFFFFFFFFFFFF\r\n')],
  ['a chunk below zero', chunks('-5\r\nhello\r\n')],
  ['a chunk with a prefix', chunks('0x5\r\nhello\r\n0\r\n\r\n')],
  ['a chunk behind a blank', chunks(' 5\r\nhello\r\n0\r\n\r\n')],
  ['a chunk before a blank', chunks('5 \r\nhello\r\n0\r\n\r\n')],
  ['a chunk longer than its size', chunks('3\r\nhello\r\n0\r\n\r\n')],
  ['a chunk without an end', chunks('5\r\nhello0\r\n\r\n')],
  ['chunks between bare line feeds', chunks('5\nhello\n0\n\n')],
  ['a chunk extension with a bare line feed', chunks('5;a\nhello\r\n0\r\n\r\n')],
  ['a chunk extension without end', chunks(`5;a=${'b'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`), 413],
  ['a trailer without end', chunks(`5\r\nhello\r\n0\r\nX-A: ${'b'.repeat(20_000)}\r\n\r\n`), 431],
  ['a length in the trailer', chunks('5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n')],
  ['bare line feeds', 'GET /a HTTP/1.1\nHost: x\n\n'],
  ['a bare line feed in a head', 'GET /a HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n'],
  ['a bare carriage return in a head', 'GET /a HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n'],
  [
    'a bare carriage return at the end of a head',
    'GET /a HTTP/1.1\r\nHost: x\r\n\rGET /b HTTP/1.1\r\nHost: x\r\n\r\n',
  ],
  ['a field on two lines', header('X-A: b\r\n c')],
  ['NUL in a value', header('X-A: a\0b')],
  ['NUL in a name', header('X\0A: b')],
  ['NUL in a path', get('GET /a\0b HTTP/1.1')],
  ['NUL in a method', get('GE\0T /a HTTP/1.1')],
  ['a control character in a value', header('X-A: a\x01b')],
  ['a control character in a path', get('GET /a\x01b HTTP/1.1')],
  ['a field without a name', header(': x')],
  ['a blank in a name', header('X A: x')],
  ['a blank before the first field', 'GET /a HTTP/1.1\r\n X-A: b\r\nHost: x\r\n\r\n'],
  ['two hosts', 'GET /a HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n'],
  ['no host', 'GET /a HTTP/1.1\r\n\r\n'],
  ['a method in lower case', get('get /a HTTP/1.1')],
  ['a method that there is not', get('FETCH /a HTTP/1.1')],
  ['a method without end', get(`${'A'.repeat(5_000)} /a HTTP/1.1`)],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/2.0', get('GET /a HTTP/2.0'), 505],
  ['HTTP/9.9', get('GET /a HTTP/9.9')],
  ['a tab in the request line', get('GET\t/a HTTP/1.1')],
  ['a blank behind the request line', get('GET /a HTTP/1.1 ')],
  ['no path', get('GET HTTP/1.1')],
  ['too long a request line', get(`GET /${'a'.repeat(9_000)} HTTP/1.1`), 431],
  ['too long a field', header(`X-A: ${'a'.repeat(9_000)}`), 431],
  ['too long a name', header(`${'a'.repeat(9_000)}: b`), 431],
  ['too many bytes in many fields', get('GET /a HTTP/1.1', `X-A: ${'a'.repeat(100)}\r\n`.repeat(90)), 431],
  ['too many fields', get('GET /a HTTP/1.1', 'a:\r\n'.repeat(2_000)), 431],
  ['far too many fields', get('GET /a HTTP/1.1', 'a:\r\n'.repeat(7_000)), 431],
]

for (const [name, bytes, status = 400] of refused) {
  smuggling(`${name}: ${status}, and the connection is closed`, async () => {
    const records = logged('warning')
    const api = await serving()
    const client = await RawClient.connect(portOf(api))
    client.send(Buffer.from(`${bytes}GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`, 'latin1'))
    const response = await client.response()
    assert.equal([response.status, response.header('connection')], [status, 'close'])
    await client.closed
    assert.is(client.received.length, 0, 'one answer, and no more')
    assert.equal(handled, [])
    assert.equal(errorsIn(records), [])
  })
}

for (const [name, bytes, text] of [
  ['a coding behind a tab', coding('\tchunked'), 'hello'],
  ['a coding in upper case', coding(' CHUNKED'), 'hello'],
  ['a chunk with an extension', chunks('5;a=b\r\nhello\r\n0\r\n\r\n'), 'hello'],
  ['a trailer', chunks('5\r\nhello\r\n0\r\nX-A: b\r\n\r\n'), 'hello'],
  ['GET with a body', `${get('GET /a HTTP/1.1', 'Content-Length: 5\r\n')}hello`, 'hello'],
  ['as many fields as may be', get('GET /a HTTP/1.1', 'a:\r\n'.repeat(1_999)), ''],
  ['empty lines before the request', `\r\n\r\n${get('GET /a HTTP/1.1')}`, ''],
] as const) {
  smuggling(`${name} is right, and so is the request behind it`, async () => {
    const api = await serving()
    const client = await RawClient.connect(portOf(api))
    client.send(Buffer.from(bytes + get('GET /next HTTP/1.1'), 'latin1'))
    assert.equal([(await client.response()).text, (await client.response()).status], [text, 200])
    client.destroy()
    assert.equal(handled, [`/a ${text}`, '/next '])
  })
}

smuggling.run()
