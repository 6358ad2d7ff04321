import fc from 'fast-check'
import { formats, sender } from './formats.ts'
import { httpInput, type Inputs, mutated } from './input.ts'

/** A request whose head is right, whatever its body is. */
function post(path: string, type: string, body: Uint8Array): Buffer {
  const fields = `Host: x\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n`
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${fields}\r\n`, 'latin1'), body])
}

const boundary = 'b-o-u-n-d'
const part = fc
  .record({
    name: fc.oneof(fc.constantFrom('a', 'a"b', 'a\\"b', 'ä'), fc.string({ maxLength: 10 })),
    file: fc.constantFrom('', '; filename="x.txt"', '; filename=x', "; filename*=UTF-8''%zz", '; filename="'),
    field: fc.constantFrom(
      '',
      'Content-Type: text/plain; charset=x\r\n',
      'Content-Transfer-Encoding: base64\r\n',
    ),
    content: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(`\r\n--${boundary}`, `--${boundary}--`)),
  })
  .map(
    ({ name, file, field, content }) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${field}\r\n${content}\r\n`,
  )
const multipart = fc
  .array(part, { maxLength: 5 })
  .map((parts) => Buffer.from(`${parts.join('')}--${boundary}--\r\n`))
const multipartType = fc.constantFrom(
  ...['b-o-u-n-d', '"b-o-u-n-d"', 'b-o-u-n-d; a="; boundary=x"', 'x', ''].map(
    (value) => `multipart/form-data; boundary=${value}`,
  ),
)
const urlencoded = fc.oneof(
  fc.webQueryParameters().map((text) => Buffer.from(text)),
  fc
    .array(fc.constantFrom('a', '=', '&', '%', '%zz', '+', '[]', '%00'), { maxLength: 40 })
    .map((all) => Buffer.from(all.join(''))),
)

/** Forms of both kinds. */
export const forms: Inputs = httpInput(
  fc.oneof(
    fc.tuple(multipartType, mutated(multipart)).map(([type, body]) => post('/form', type, body)),
    mutated(urlencoded).map((body) => post('/form', 'application/x-www-form-urlencoded', body)),
  ),
)

/** Bytes that each format wrote itself, changed or not. */
const message = fc
  .tuple(
    fc.constantFrom(...Object.keys(formats)),
    fc.record({ name: fc.string(), age: fc.nat({ max: 150 }) }),
  )
  .map(([name, data]) => {
    const built = formats[name]?.build(name === 'raw' ? data.name : data, 'topic', sender)
    const payload = typeof built === 'object' && 'payload' in built ? built.payload : built
    return [name, Buffer.from(payload ?? '')] as const
  })

/** Payloads for the parsers of the formats. */
export const messages: Inputs = httpInput(
  fc
    .tuple(
      message,
      fc.constantFrom(
        'application/octet-stream',
        'application/json',
        'application/cloudevents+json',
        'text/x',
      ),
    )
    .chain(([[name, bytes], type]) =>
      mutated(fc.constant(bytes)).map((body) => post(`/parse/${name}`, type, body)),
    ),
)
