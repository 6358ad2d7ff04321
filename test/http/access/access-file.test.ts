import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configureLogging, Service } from 'tomodachi'
import { type Http, http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Client } from '../../websocket/client.ts'
import { RawClient } from '../raw-client.ts'
import { folderWith, removeFolders } from '../routing/folder.ts'
import { accessLines, ask, failureOf, logged, portOf, serve, stopAll } from '../serving.ts'

const accessFile = suite('http access file')
accessFile.after.each(stopAll)
accessFile.after(removeFolders)

function serviceOf(api: Http): Service {
  return new Service()
    .on(api.get('/x'), () => 'x')
    .on(api.get('/quiet', { ignoreLogging: true }), () => 'quiet')
    .on(api.post('/echo'), ({ request }) => request.bytes())
}

function linesOf(path: string): Record<string, unknown>[] {
  const text = readFileSync(path, 'utf8')
  assert.ok(text.endsWith('\n'))
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

accessFile('each request is a line of JSON, complete once the server has stopped', async () => {
  const path = join(folderWith(), 'access.log')
  const api = http({ port: 0, accessLog: path })
  const records = logged('error')
  const kernel = await serve(serviceOf(api))
  const port = portOf(api)
  for (let count = 0; count < 50; count++) await ask(api, 'GET', `/x?token=abc&n=${count}`)
  await ask(api, 'GET', '/quiet')
  await ask(api, 'POST', '/echo', { 'User-Agent': 'fx/1' }, 'hello')
  await kernel.stop()
  const lines = linesOf(path)
  assert.is(lines.length, 52)
  const { timestamp, ...first } = lines[0] as Record<string, unknown>
  assert.match(timestamp as string, /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.equal(first, {
    logger: 'tomodachi.http.response',
    level: 'info',
    message: 'accepting http requests',
    listen_url: `http://127.0.0.1:${port}/`,
    listen_host: '0.0.0.0',
    listen_port: port,
  })
  assert.is(lines[1]?.request_query_string, 'token=[redacted]&n=0')
  assert.equal(Object.keys(lines[51] as object), [
    ...[
      'timestamp',
      'logger',
      'level',
      'message',
      'status_code',
      'remote_ip',
      'request_method',
      'request_path',
    ],
    ...['http_version', 'response_content_length', 'request_content_length', 'request_content_read_length'],
    ...['user_agent', 'handler_elapsed_time', 'request_time', 'requestId'],
  ])
  // The level of the loggers is theirs alone.
  assert.equal(accessLines(records), [])
})

accessFile('the loggers get the same lines, and another start adds to the file', async () => {
  const path = join(folderWith({ 'access.log': '{"old":true}\n' }), 'access.log')
  const api = http({ port: 0, accessLog: path })
  const records = logged()
  for (let round = 0; round < 2; round++) {
    const kernel = await serve(serviceOf(api))
    await ask(api, 'GET', '/x')
    await kernel.stop()
  }
  assert.equal(
    linesOf(path).map(({ old, status_code, listen_host }) => old ?? status_code ?? listen_host),
    [true, '0.0.0.0', 200, '0.0.0.0', 200],
  )
  assert.is(accessLines(records).length, 2)
})

accessFile('what is no request has a line too, of the recorded fields', async () => {
  const path = join(folderWith(), 'access.log')
  const api = http({ port: 0, accessLog: path })
  const records = logged()
  const kernel = await serve(serviceOf(api))
  const tries = [
    ['nonsense\r\n\r\n', 400, 11],
    ['GET /x HTTP/1.1\r\n\r\n', 400, 11],
    [`GET /x HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 31],
  ] as const
  for (const [bytes] of tries) await (await RawClient.connect(portOf(api))).send(bytes).closed
  await kernel.stop()
  const lines = linesOf(path).slice(1)
  assert.equal(
    lines.map(({ timestamp, ...line }) => JSON.stringify(line)),
    tries.map(
      ([, status, length]) =>
        `{"logger":"tomodachi.http.response","level":"info","message":"bad http request","status_code":${status},"remote_ip":"127.0.0.1","response_content_length":${length}}`,
    ),
  )
  assert.is(accessLines(records).length, tries.length)
})

accessFile('a websocket has a line when it has ended, of the recorded fields', async () => {
  const path = join(folderWith(), 'access.log')
  const api = http({ port: 0, accessLog: path })
  const ws = websocket(api)
  const kernel = await serve(new Service().on(ws.path('/ws/:id'), ({ socket }) => socket.close()))
  const headers = { 'User-Agent': 'fx/1' }
  const client = await Client.open(api, '/ws/abc', [], { headers })
  await client.end()
  await kernel.stop()
  const recorded = ['timestamp', 'logger', 'level', 'message', 'websocket_state', 'remote_ip', 'request_path']
  assert.equal(linesOf(path).slice(1).map(Object.keys), [
    [...recorded, 'websocket_id', 'user_agent', 'websocket_close_code', 'total_request_time'],
  ])
})

accessFile('a file that cannot be opened is an error at the start, which says why', async () => {
  for (const [path, reason] of [
    [join(folderWith(), 'none', 'access.log'), 'ENOENT'],
    [folderWith(), 'EISDIR'],
  ] as const) {
    const failure = await failureOf(() => serve(serviceOf(http({ port: 0, accessLog: path }))))
    const cause = (failure.cause ?? failure) as typeof failure
    assert.is(cause.code, 'OPTION_INVALID')
    assert.match(
      cause.message,
      'the option http.accessLog must be true, false or the path of a file that can be',
    )
    assert.match(cause.message, reason)
  }
})

accessFile('a start that fails otherwise leaves no file open', async () => {
  const api = http({ port: 0 })
  await serve(serviceOf(api))
  const path = join(folderWith(), 'access.log')
  await failureOf(() => serve(serviceOf(http({ port: portOf(api), accessLog: path }))))
  assert.ok(existsSync(path))
  if (process.platform === 'linux') {
    const open = process.report.getReport() as {
      libuv: readonly { readonly type: string; readonly filename?: string }[]
    }
    assert.not(open.libuv.some(({ filename }) => filename === path))
  }
})

accessFile('a disk that takes no more is logged once, and stops no request', async () => {
  if (!existsSync('/dev/full')) return
  const api = http({ port: 0, accessLog: '/dev/full' })
  const records = logged()
  const kernel = await serve(serviceOf(api))
  for (let count = 0; count < 5; count++) assert.is((await ask(api, 'GET', '/x')).status, 200)
  await kernel.stop()
  assert.equal(
    records.filter(({ level }) => level === 'error').map(({ message }) => message),
    ['the access log can no longer be written'],
  )
  configureLogging({ logger: 'disabled' })
})

accessFile.run()
