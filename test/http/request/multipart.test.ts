import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, serve, stopAll } from '../serving.ts'

const multipart = suite('http multipart forms')
const api = http({ port: 0 })

multipart.before(async () => {
  await serve(
    new Service().on(api.post('/form'), async ({ request }) => ({
      body: [...(await request.formData())].map(([name, value]) =>
        typeof value === 'string' ? [name, value] : [name, value.name, value.type, value.size],
      ),
    })),
  )
})

multipart.after(stopAll)

const type = 'multipart/form-data; boundary=limit'
const end = '--limit--\r\n'

function part(headers: string, content: string): string {
  return `--limit\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n`
}

function post(body: string, contentType: string) {
  return ask(api, 'POST', '/form', { 'Content-Type': contentType }, body)
}

const one = part('name="a"', 'b') + end

for (const [name, contentType, body, expected] of [
  [
    'a parameter that hides another boundary',
    'multipart/form-data; a="; boundary=YY"; boundary=limit',
    one,
    [['a', 'b']],
  ],
  [
    'two boundaries, of which the first counts',
    'multipart/form-data; boundary=limit; boundary=YY',
    one,
    [['a', 'b']],
  ],
  ['an escaped boundary', 'multipart/form-data; boundary="li\\mit"', one, [['a', 'b']]],
  ['a boundary with a space behind it', 'multipart/form-data; boundary="limit "', one, [['a', 'b']]],
  ['space around its parameters', 'multipart/form-data ; x=y ; boundary=limit ;', one, [['a', 'b']]],
  ['boundaries padded on the way', type, one.replaceAll(/(--limit(--)?)/g, '$1 \t '), [['a', 'b']]],
  ['text before and behind', type, `read on\r\n${one}the end\r\n--limit\r\n`, [['a', 'b']]],
  ['no line break behind it', type, one.slice(0, -2), [['a', 'b']]],
  [
    'a boundary as a word of its content',
    type,
    part('name="a"', 'limit --limit x\n--limit') + end,
    [['a', 'limit --limit x\n--limit']],
  ],
  [
    'a field of another form in it',
    type,
    part('name="a"\r\nContent-Type: multipart/mixed; boundary=x', '--x\r\n\r\n1\r\n--x--') + end,
    [['a', '--x\r\n\r\n1\r\n--x--']],
  ],
  [
    'a field that ends with its head',
    type,
    `--limit\r\nContent-Disposition: form-data; name=a\r\n\r\n--limit--`,
    [['a', '']],
  ],
  [
    'names that no browser would quote',
    type,
    `--limit\r\ncontent-disposition:Form-Data;NAME=a ; x="y"\r\n\r\nb\r\n${end}`,
    [['a', 'b']],
  ],
  [
    'a name with a quote, as fetch escapes it',
    type,
    part('name="a%22b%0D%0Ac"', 'd') + end,
    [['a"b\r\nc', 'd']],
  ],
  ['a thousand parts', type, part('name="a"', 'b').repeat(1_000) + end, Array(1_000).fill(['a', 'b'])],
  [
    'a thousand fields',
    'application/x-www-form-urlencoded',
    `${'a=1&'.repeat(999)}a=1`,
    Array(1_000).fill(['a', '1']),
  ],
  ['a name with a question mark', 'application/x-www-form-urlencoded', '?a=1;b=2', [['?a', '1;b=2']]],
] as const) {
  multipart(`a form with ${name} can be read`, async () => {
    const response = await post(body, contentType)
    assert.is(response.status, 200, response.text)
    assert.equal(JSON.parse(response.text), expected)
  })
}

for (const [written, filename] of [
  ['filename="a\\"b"', 'a"b'],
  ['filename="\\"a\\\\b\\""', '"a\\b"'],
  ['filename="a\\";b"', 'a";b'],
  ['filename="a%22b"', 'a"b'],
  ['filename="C:\\dir\\a"', 'C:\\dir\\a'],
  ['filename="a\\"', 'a\\'],
  ['filename="a\\"; x="b"', 'a\\'],
  ['filename=a.txt', 'a.txt'],
  ['filename="b"; filename*=utf-8\'\'%C3%B6', 'ö'],
  ['filename*=UTF-8\'en\'%C3%B6; filename="b"', 'ö'],
] as const) {
  multipart(`a file with ${written} has the name ${filename}`, async () => {
    const response = await post(part(`name="f"; ${written}`, 'x') + end, type)
    assert.is(response.status, 200, response.text)
    assert.equal(JSON.parse(response.text), [['f', filename, 'text/plain', 1]])
  })
}

multipart.run()
