import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { recordedService } from './fixtures-service.ts'
import { exchange, type RawResponse } from './raw-client.ts'
import { accessLines, logged, portOf, serve, stopAll, until } from './serving.ts'

interface Recorded {
  readonly status_line: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface Case {
  readonly handler: string
  readonly request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly http: string
  }
  readonly response: Recorded
}

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/http.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}

/** What is not built yet: first and last index, and what it waits for. */
const notBuilt: readonly (readonly [first: number, last: number, reason: string])[] = [
  [26, 27, 'the option realIpFrom is not built yet'],
  [40, 50, 'files(url, dir) is not built yet'],
  [51, 52, 'the websocket adapter is not built yet'],
]

interface Difference {
  readonly reason: string
  /** Our own answer, where it is not the recorded one; a header that is undefined is not sent. */
  readonly statusLine?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string
}

/** Where we differ on purpose. Each is a row of the migration table in the README. */
const differences: Readonly<Record<number, Difference>> = {
  1: {
    reason: 'a server answers with its own highest minor version (RFC 9110, 2.5), as node:http does',
    statusLine: 'HTTP/1.1 200 OK',
  },
  10: {
    reason: 'a status is a number, by its type too; text is refused as a reply that is none',
    statusLine: 'HTTP/1.1 500 Internal Server Error',
    headers: { 'content-length': '21' },
    body: 'Internal Server Error',
  },
  13: {
    reason: 'a web Response does not tell the length of its body, which is sent in chunks',
    headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' },
  },
  31: {
    reason: 'node:http words the reason phrase of 413 differently; clients ignore it (RFC 9112, 4)',
    statusLine: 'HTTP/1.1 413 Payload Too Large',
  },
  32: {
    reason:
      'a body of exactly the limit is accepted: the option names the largest size, not the first refused',
    statusLine: 'HTTP/1.1 200 OK',
    headers: { 'content-length': '1024' },
    body: 'x'.repeat(1024),
  },
}

/** The request as it goes over the wire. */
function bytesOf({ request: { method, path, headers, body, http } }: Case): Buffer {
  const [, size] = /^<(\d+) bytes>$/.exec(body) ?? []
  const payload = Buffer.from(size === undefined ? body : 'x'.repeat(Number(size)), 'latin1')
  const fields = {
    Host: '127.0.0.1',
    'User-Agent': 'fx/1',
    ...headers,
    ...(payload.length > 0 ? { 'Content-Length': payload.length } : {}),
  }
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/${http}\r\n${head.join('')}\r\n`), payload])
}

/** Header fields by their name in lower case, sorted; the date is only checked to be one. */
function fieldsOf(headers: readonly (readonly [string, string])[]): Record<string, string> {
  const fields = headers.map(([name, value]): [string, string] => {
    const isDate = name.toLowerCase() === 'date' && !Number.isNaN(Date.parse(value))
    return [name.toLowerCase(), isDate ? '<date>' : value]
  })
  assert.is(new Set(fields.map(([name]) => name)).size, fields.length, `a field came twice: ${fields}`)
  return Object.fromEntries(fields.sort())
}

function expected({ response }: Case, index: number) {
  const { statusLine = response.status_line, headers = {}, body = response.body } = differences[index] ?? {}
  const fields = { ...fieldsOf(response.headers), ...headers }
  const sent = Object.entries(fields).filter((field): field is [string, string] => field[1] !== undefined)
  return { statusLine, headers: fieldsOf(sent), body }
}

function actual({ statusLine, headers, body }: RawResponse, like: string) {
  const text = like.startsWith('hex:') ? `hex:${body.toString('hex')}` : body.toString()
  return { statusLine, headers: fieldsOf(headers), body: text }
}

const fixtures = suite('http fixtures')
let port = 0
let records = logged()

fixtures.before(async () => {
  const { service, api } = recordedService()
  await serve(service)
  port = portOf(api)
})

fixtures.before.each(() => {
  records = logged()
})

fixtures.after(stopAll)

for (const [index, recorded] of cases.entries()) {
  const { method, path } = recorded.request
  const title = `${index}: ${method} ${path} (${recorded.handler})`
  const missing = notBuilt.find(([first, last]) => index >= first && index <= last)
  if (missing) {
    fixtures.skip(`${title}: ${missing[2]}`, () => {})
    continue
  }
  const { reason } = differences[index] ?? {}
  fixtures(reason === undefined ? title : `${title}: ${reason}`, async () => {
    const wanted = expected(recorded, index)
    const response = await exchange(port, bytesOf(recorded))
    assert.equal(actual(response, wanted.body), wanted)
    const ignored = path.startsWith('/ignored')
    if (!ignored) await until(() => accessLines(records).length > 0)
    const logs = accessLines(records).map((line) => line.status_code)
    assert.equal(logs, ignored ? [] : [response.status])
  })
}

fixtures('every difference does differ', () => {
  for (const index of Object.keys(differences).map(Number)) {
    const recorded = cases[index] as Case
    const { status_line: statusLine, headers, body } = recorded.response
    assert.not.equal(expected(recorded, index), { statusLine, headers: fieldsOf(headers), body })
  }
})

fixtures.run()
