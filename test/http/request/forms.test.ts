import { gzipSync } from 'node:zlib'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, errorsIn, logged, serve, stopAll } from '../serving.ts'

const forms = suite('http forms')
const api = http({ port: 0, clientMaxSize: '100K' })
let records = logged()

forms.before(async () => {
  await serve(
    new Service().on(api.post('/form'), async ({ request }) => {
      const form = await request.formData()
      const again = await request.formData()
      assert.equal([...again.keys()], [...form.keys()])
      const fields: unknown[] = []
      for (const [name, value] of form) {
        if (typeof value === 'string') fields.push([name, value])
        else
          fields.push([
            name,
            value.name,
            value.type,
            value.size,
            Buffer.from(await value.bytes()).toString('hex'),
          ])
      }
      return { body: fields }
    }),
  )
})

forms.before.each(() => {
  records = logged()
})

forms.after(stopAll)

const multipart = 'multipart/form-data; boundary=limit'

function part(headers: string, content: string): string {
  return `--limit\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${content}\r\n`
}

const end = '--limit--\r\n'

function post(
  body: string | Uint8Array,
  contentType: string | undefined,
  headers: Record<string, string> = {},
) {
  const type = contentType === undefined ? {} : { 'Content-Type': contentType }
  return ask(api, 'POST', '/form', { ...type, ...headers }, body)
}

forms('fields and files of a multipart form', async () => {
  const body = Buffer.concat([
    Buffer.from(part('name="title"', 'a ☃\r\n--limi\r\n')),
    Buffer.from(part('name="file"; filename="ö.bin"\r\nContent-Type: image/png', '')).subarray(0, -2),
    Buffer.from([0, 13, 10, 255]),
    Buffer.from(`\r\n${part('name="file"; filename=""', '')}${end}`),
  ])
  const response = await post(body, multipart)
  assert.equal(JSON.parse(response.text), [
    ['title', 'a ☃\r\n--limi\r\n'],
    ['file', 'ö.bin', 'image/png', 4, '000d0aff'],
    ['file', '', 'text/plain', 0, ''],
  ])
})

forms('what fetch makes of a FormData', async () => {
  const form = new FormData()
  form.append('name', 'a"b\nc')
  form.append('file', new Blob(['hello'], { type: 'text/plain' }), 'hello.txt')
  const response = await fetch(`${api.url}/form`, { method: 'POST', body: form })
  assert.equal(await response.json(), [
    ['name', 'a"b\r\nc'],
    ['file', 'hello.txt', 'text/plain', 5, '68656c6c6f'],
  ])
})

for (const [name, contentType, body, expected] of [
  ['a quoted boundary', 'multipart/form-data; boundary="limit"', part('name="a"', 'b') + end, [['a', 'b']]],
  [
    'more parameters',
    'Multipart/Form-Data;charset=utf-8;boundary=limit;x=y',
    part('name="a"', 'b') + end,
    [['a', 'b']],
  ],
  ['no parts', multipart, end, []],
  [
    'an encoded form',
    'application/x-www-form-urlencoded',
    'a=1&b=%C3%A5+x&a=2&c',
    [
      ['a', '1'],
      ['b', 'å x'],
      ['a', '2'],
      ['c', ''],
    ],
  ],
  ['its charset', 'application/x-www-form-urlencoded; charset=utf-8', 'a=%zz', [['a', '%zz']]],
] as const) {
  forms(`${name} can be read`, async () => {
    const response = await post(body, contentType)
    assert.is(response.status, 200, response.text)
    assert.equal(JSON.parse(response.text), expected)
  })
}

const one = part('name="a"', 'b') + end

for (const [name, body, contentType] of [
  ['no end', part('name="a"', 'b'), multipart],
  ['an end in the middle of a part', '--limit\r\nContent-Disposition: form-data; name="a"', multipart],
  ['another boundary', part('name="a"', 'b') + end, 'multipart/form-data; boundary=other'],
  ['no boundary', part('name="a"', 'b') + end, 'multipart/form-data'],
  ['no name', part('x="a"', 'b') + end, multipart],
  ['no head', `--limit\r\n\r\nb\r\n${end}`, multipart],
  ['nothing of a form', 'junk', multipart],
  ['no content', '', multipart],
  ['too many parts', part('name="a"', 'b').repeat(1_001) + end, multipart],
  ['too many parts without a name', `--limit\r\n\r\n\r\n`.repeat(1_001) + end, multipart],
  [
    'too many parts, and another boundary that hides',
    part('name="a"', 'b').repeat(1_001) + end,
    'multipart/form-data; a="; boundary=YY"; boundary=limit',
  ],
  [
    'too many parts, and a second boundary',
    part('name="a"', 'b').repeat(1_001) + end,
    'multipart/form-data; boundary="limit"; boundary=YY',
  ],
  ['too many padded parts', part('name="a"', 'b').replace('limit', 'limit ').repeat(1_001) + end, multipart],
  ['too many fields', 'a=1&'.repeat(1_000), 'application/x-www-form-urlencoded'],
  ['an endless head', part(`name="a"${'\r\nx: y'.repeat(5_000)}`, 'b') + end, multipart],
  ['lines of another system', one.replaceAll('\r\n', '\n'), multipart],
  ['an empty boundary', one, 'multipart/form-data; boundary=""'],
  ['two content types', one, 'multipart/form-data; boundary=limit, multipart/form-data; boundary=YY'],
  ['a name that does not end', part('name="a', 'b') + end, multipart],
  ['a name over two lines', part('name="a\nb"', 'b') + end, multipart],
  ['a file name in another charset', part("name=a; filename*=latin1''%E5", 'b') + end, multipart],
  ['a broken file name', part("name=a; filename*=utf-8''%E5", 'b') + end, multipart],
  ['another disposition', one.replace('form-data', 'attachment'), multipart],
  ['a line that is no field', part('name="a"\r\nx', 'b') + end, multipart],
] as const) {
  forms(`a form with ${name} is answered with 400`, async () => {
    const response = await post(body, contentType)
    assert.is(response.status, 400)
    assert.match(response.text, /^the form cannot be parsed: /)
    assert.equal(errorsIn(records), [])
  })
}

for (const contentType of [
  undefined,
  'application/json',
  'text/plain',
  'multipart/mixed; boundary=limit',
  'multipart/form-dataX',
  'application/x-www-form-urlencoded2',
  'text/plain; multipart/form-data; boundary=limit',
  'application/json, multipart/form-data; boundary=limit',
  '',
]) {
  forms(`the content type ${contentType} is answered with 415`, async () => {
    const response = await post(part('name="a"', 'b') + end, contentType)
    assert.is(response.status, 415)
    assert.match(response.text, /send a form, as multipart\/form-data or application\/x-www-form-urlencoded/)
  })
}

forms('the size limit holds, also for what was compressed', async () => {
  const large = part('name="a"', 'x'.repeat(110_000)) + end
  assert.is((await post(large, multipart)).status, 413)
  assert.is((await post(gzipSync(large), multipart, { 'Content-Encoding': 'gzip' })).status, 413)
  const small = gzipSync(part('name="a"', 'b') + end)
  assert.is((await post(small, multipart, { 'Content-Encoding': 'gzip' })).text, '[["a","b"]]')
})

forms.run()
