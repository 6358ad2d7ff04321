import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../serving.ts'
import { opened, stopEverything, upstream } from './upstream.ts'

const charsets = suite('http client charsets')
charsets.after.each(stopEverything)

const mark = (encoding: BufferEncoding, text: string) => Buffer.from(`\ufeff${text}`, encoding)
const swapped = (bytes: Buffer) => bytes.swap16()

for (const [type, bytes, data] of [
  ['text/plain', Buffer.from('åäö'), 'åäö'],
  ['text/plain; charset=utf-8', mark('utf8', 'åäö'), 'åäö'],
  ['text/plain; charset=iso-8859-1', Buffer.from('åäö', 'latin1'), 'åäö'],
  ['text/plain; charset=windows-1252', Buffer.from([0x80]), '€'],
  ['text/html;Charset="ISO-8859-15"', Buffer.from([0xa4]), '€'],
  ['text/plain; charset=shift_jis', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), '日本'],
  ['text/plain; charset=utf-16le', Buffer.from('åäö', 'utf16le'), 'åäö'],
  ['text/plain; charset=utf-16', mark('utf16le', 'åäö'), 'åäö'],
  ['text/plain', swapped(mark('utf16le', 'åäö')), 'åäö'],
  ['text/plain; charset=iso-8859-1', mark('utf8', 'åäö'), 'åäö'],
  ['application/json', mark('utf8', '{"a":"å"}'), { a: 'å' }],
  ['application/json', mark('utf16le', '{"a":"å"}'), { a: 'å' }],
  ['text/plain; a="; charset=utf-16le"; charset=iso-8859-1', Buffer.from('å', 'latin1'), 'å'],
  ['application/json-seq', Buffer.from('{}'), Buffer.from('{}')],
  ['text/json', Buffer.from('{}'), {}],
  ['application/json; charset=iso-8859-1', Buffer.from('{"a":"å"}', 'latin1'), { a: 'å' }],
  ['application/vnd.a+json; charset=utf-8', Buffer.from('{"a":"å"}'), { a: 'å' }],
  ['application/octet-stream', mark('utf8', 'a'), mark('utf8', 'a')],
] as const) {
  charsets(`${bytes.toString('hex')} as ${type} is read as it was written`, async () => {
    const { url } = await upstream((response) => response.setHeader('content-type', type).end(bytes))
    assert.equal((await (await opened(url)).get('/')).data, data)
  })
}

charsets('a charset that nobody knows is an error', async () => {
  const { url } = await upstream((response, number) =>
    response.writeHead(number < 2 ? 200 : 400, { 'content-type': 'text/plain; charset=klingon' }).end('abc'),
  )
  const client = await opened(url)
  const failure = await failureOf(() => client.get('/'))
  assert.is(failure.code, 'RESPONSE_UNPARSABLE')
  assert.match(failure.message, 'the charset "klingon" is not supported')
  assert.is((await client.get('/', { throwOnError: false })).data, 'abc')
})

charsets.run()
