import { truncateSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { Service } from 'tomodachi'
import { type FilesOptions, type Http, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, portOf, serve, stopAll, until } from '../serving.ts'
import { folderWith, removeFolders } from './folder.ts'

const conditions = suite('http file conditions')
conditions.after.each(stopAll)
conditions.after(removeFolders)

const modified = new Date('2026-01-02T03:04:05Z')

async function serving(options?: FilesOptions): Promise<Http> {
  const folder = folderWith({ 'a.txt': '0123456789' })
  utimesSync(join(folder, 'a.txt'), modified, modified)
  const api = http({ port: 0 })
  await serve(new Service().on(api.files('/static', folder, options)))
  return api
}

for (const [range, status, text, contentRange] of [
  ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
  ['bytes=8-', 206, '89', 'bytes 8-9/10'],
  ['bytes=-1', 206, '9', 'bytes 9-9/10'],
  ['bytes=-10', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=-11', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=-100', 206, '0123456789', 'bytes 0-9/10'],
  [`bytes=-${'9'.repeat(40)}`, 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=-0', 416, 'Range Not Satisfiable', 'bytes */10'],
  ['bytes=0-4, -100', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=-100,50-60', 206, '0123456789', 'bytes 0-9/10'],
  ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
  ['bytes=9-9', 206, '9', 'bytes 9-9/10'],
  ['bytes=5-99', 206, '56789', 'bytes 5-9/10'],
  ['bytes=10-', 416, 'Range Not Satisfiable', 'bytes */10'],
  ['bytes=0-1,4-5', 200, '0123456789', undefined],
  ['lines=0-1', 200, '0123456789', undefined],
  ['bytes=x', 416, 'Range Not Satisfiable', 'bytes */10'],
] as const) {
  conditions(`the range ${range} is answered with ${status}`, async () => {
    const api = await serving()
    const response = await ask(api, 'GET', '/static/a.txt', { Range: range })
    assert.equal([response.status, response.text], [status, text])
    assert.is(response.header('content-range'), contentRange)
    assert.is(response.header('content-length'), String(text.length))
  })
}

for (const [range, status, contentRange] of [
  ['bytes=-5', 200, undefined],
  ['bytes=-0', 416, 'bytes */0'],
  ['bytes=0-', 416, 'bytes */0'],
  ['bytes=0-0', 416, 'bytes */0'],
] as const) {
  conditions(`the range ${range} of an empty file is answered with ${status}`, async () => {
    const api = http({ port: 0 })
    await serve(new Service().on(api.files('/static', folderWith({ 'empty.txt': '' }))))
    const response = await ask(api, 'GET', '/static/empty.txt', { Range: range })
    assert.equal([response.status, response.header('content-range')], [status, contentRange])
  })
}

const before = new Date(modified.getTime() - 1_000).toUTCString()
const after = new Date(modified.getTime() + 1_000).toUTCString()
const etag = `W/"a-${modified.getTime().toString(16)}"`

for (const [headers, status] of [
  [{ 'If-None-Match': etag }, 304],
  [{ 'If-None-Match': '"other"' }, 200],
  [{ 'If-None-Match': '*' }, 304],
  [{ 'If-Modified-Since': modified.toUTCString() }, 304],
  [{ 'If-Modified-Since': before }, 200],
  [{ 'If-Modified-Since': modified.toUTCString(), 'If-None-Match': '"other"' }, 200],
  [{ 'If-Match': '"other"' }, 412],
  [{ 'If-Match': '*' }, 200],
  // RFC 9110, 13.1.1: compared strongly, a weak ETag is like no other.
  [{ 'If-Match': etag }, 412],
  [{ 'If-Match': etag.slice(2) }, 412],
  [{ 'If-Match': `"other", ${etag}` }, 412],
  [{ 'If-Match': '*', 'If-Unmodified-Since': before }, 200],
  [{ 'If-Unmodified-Since': modified.toUTCString() }, 200],
  [{ 'If-None-Match': `"other", ${etag}` }, 304],
  [{ 'If-None-Match': etag.slice(2) }, 304],
  [{ 'If-Range': etag, Range: 'bytes=0-1' }, 200],
  [{ 'If-Range': etag.slice(2), Range: 'bytes=0-1' }, 200],
  [{ 'If-Range': etag, Range: 'bytes=20-' }, 200],
  [{ 'If-Range': after, Range: 'bytes=0-1' }, 200],
  [{ 'If-Range': 'x', Range: 'bytes=0-1' }, 200],
  [{ 'If-Range': modified.toUTCString(), Range: 'bytes=20-' }, 416],
  [{ 'If-Range': modified.toUTCString() }, 200],
  [{ 'If-Unmodified-Since': before }, 412],
  [{ 'If-Range': before, Range: 'bytes=0-1' }, 200],
  [{ 'If-Range': modified.toUTCString(), Range: 'bytes=0-1' }, 206],
] as readonly [Record<string, string>, number][]) {
  conditions(`${JSON.stringify(headers)} is answered with ${status}`, async () => {
    const api = await serving({ cacheControl: 'no-cache' })
    const response = await ask(api, 'GET', '/static/a.txt', headers)
    assert.is(response.status, status)
    if (status !== 304) return
    assert.equal(
      [response.text, response.header('content-type'), response.header('etag')],
      ['', undefined, etag],
    )
    assert.is(response.header('cache-control'), 'no-cache')
  })
}

conditions('HEAD knows no ranges', async () => {
  const api = await serving()
  const response = await ask(api, 'HEAD', '/static/a.txt', { Range: 'bytes=0-3' })
  assert.equal([response.status, response.header('content-length')], [200, '10'])
  assert.is(response.header('accept-ranges'), 'bytes')
})

conditions('a file that becomes shorter on its way ends the connection', async () => {
  const folder = folderWith({ 'log.txt': new Uint8Array(30_000_000) })
  const api = http({ port: 0, keepaliveTimeout: 600_000 })
  await serve(new Service().on(api.files('/static', folder)))
  const client = await RawClient.connect(portOf(api))
  client.socket.once('data', () => client.socket.pause())
  client.send(requestText('GET', '/static/log.txt'))
  await until(() => client.received.length > 0)
  truncateSync(join(folder, 'log.txt'), 1_000)
  client.socket.resume()
  await client.closed
  assert.ok(client.received.length < 30_000_000)
})

conditions.run()
