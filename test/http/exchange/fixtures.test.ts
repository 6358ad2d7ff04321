import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exchange, RawClient, type RawResponse } from '../raw-client.ts'
import { accessLines, type Logged, logged, portOf, serve, stopAll, until } from '../serving.ts'
import { recordedService } from './fixtures-service.ts'

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

/** A line of the access log, without what differs from run to run. */
type Line = Readonly<Record<string, unknown>>

const { lines } = JSON.parse(
  readFileSync(new URL('../../fixtures/access_log.json', import.meta.url), 'utf8'),
) as { readonly lines: readonly Line[] }

const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/http.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[]
}

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
  27: {
    reason: 'what stands in X-Forwarded-For is believed when it is an address that our own proxy wrote',
    body: '127.0.0.1',
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
  51: {
    reason: 'a GET that asks for no websocket is told to (RFC 9110, 15.5.22), instead of an empty 200',
    statusLine: 'HTTP/1.1 426 Upgrade Required',
    headers: { connection: 'Upgrade, close', upgrade: 'websocket', 'content-length': '16' },
    body: 'Upgrade Required',
  },
  52: {
    reason: 'a handshake says what RFC 6455, 4.2.2, asks for, and has no content to name a type of',
    headers: { connection: 'Upgrade', 'content-type': undefined, date: undefined, server: undefined },
  },
  ...withCharset([40, 47], 'text/plain'),
  ...withCharset([41], 'text/html'),
  ...withCharset([43], 'application/json'),
}

/** Where our line of the access log differs on purpose. Each is a row of the migration table in the README. */
const lineDifferences: Readonly<Record<number, Line>> = {
  // No handler ran, so it took no time.
  ...{ 3: { handler_elapsed_time: undefined }, 8: { handler_elapsed_time: undefined } },
  50: { handler_elapsed_time: undefined },
  // The answers themselves differ, see above.
  10: { status_code: 500, response_content_length: 21 },
  13: { response_content_length: undefined },
  32: { status_code: 200, response_content_length: 1_024, handler_elapsed_time: '' },
  // Nothing was read of a body that is refused by the length that it announces.
  31: { request_content_read_length: undefined, handler_elapsed_time: undefined },
  // The status is the one that was sent.
  47: { status_code: 206 },
  48: { status_code: 304, response_content_length: 0 },
  // A line like that of any other request, instead of one that says that a websocket was closed.
  51: {
    ...{ websocket_state: undefined, websocket_id: undefined, total_request_time: undefined },
    ...{ status_code: 426, request_method: 'GET', http_version: 'HTTP/1.1', response_content_length: 16 },
    request_time: '',
  },
  // How it was closed is new.
  52: { websocket_close_code: 1_006 },
}

function withCharset(indexes: readonly number[], type: string): Record<number, Difference> {
  const headers = { 'content-type': `${type}; charset=utf-8` }
  return Object.fromEntries(
    indexes.map((index) => [
      index,
      { reason: 'the charset of a text file is not left to guessing', headers },
    ]),
  )
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

/** What differs from run to run, and is only checked to look as it should. */
const varying: Readonly<Record<string, RegExp>> = {
  date: /GMT$|^<date>$/,
  'last-modified': /GMT$|^<varies>$/,
  etag: /^W\/"[\da-f]+-[\da-f]+"$|^<varies>$/,
}

/** Header fields by their name in lower case, sorted. */
function fieldsOf(headers: readonly (readonly [string, string])[]): Record<string, string> {
  const fields = headers.map(([name, value]): [string, string] => {
    const key = name.toLowerCase()
    return [key, varying[key]?.test(value) ? '<varies>' : value]
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

/**
 * A line as text, without the order of its fields, which a test of the access log holds, and without the id of its request,
 * which is new. Times are there or not.
 */
function comparable({ timestamp, logger, level, message, requestId, ...line }: Line): string {
  const fields = Object.entries(line).filter(([, value]) => value !== undefined)
  const timeless = fields.map(([name, value]) => [name, name.endsWith('_time') ? '<time>' : value])
  return JSON.stringify(timeless.sort())
}

/** The answer to a handshake, with the first frame as its body. Resolves when the connection has ended. */
async function shakeHands(port: number, data: Uint8Array): Promise<RawResponse> {
  const client = await RawClient.connect(port)
  const response = await client.send(data).response()
  while (client.received.length < 11) await client.more()
  client.destroy()
  await until(() => accessLines(records).length === 2)
  assert.is(accessLines(records)[0]?.websocket_state, 'open')
  return { ...response, body: client.received }
}

/** The lines that are recorded, without the identity of a connection; none says that it was opened. */
function linesIn(records: readonly Logged[]): Line[] {
  return accessLines(records)
    .filter((line) => line.websocket_state !== 'open')
    .map((line) => ('websocket_id' in line ? { ...line, websocket_id: '<uuid4>' } : line))
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
  const { reason } = differences[index] ?? {}
  fixtures(reason === undefined ? title : `${title}: ${reason}`, async () => {
    const wanted = expected(recorded, index)
    const send = wanted.statusLine.includes(' 101 ') ? shakeHands : exchange
    const response = await send(port, bytesOf(recorded))
    assert.equal(actual(response, wanted.body), wanted)
    const ignored = path.startsWith('/ignored')
    if (!ignored) await until(() => accessLines(records).length > 0)
    const logs = linesIn(records)
    assert.equal(
      logs.map((line) => (line.websocket_state === 'closed' ? 101 : line.status_code)),
      ignored ? [] : [response.status],
    )
    const wantedLines = lines.map((line) => comparable({ ...line, ...lineDifferences[index] }))
    for (const line of logs)
      assert.ok(wantedLines.includes(comparable(line)), `${comparable(line)} is not recorded`)
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
