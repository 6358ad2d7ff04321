import { styleText } from 'node:util'
import { configureLogging, Service } from 'tomodachi'
import { type HttpOptions, http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Client } from '../../websocket/client.ts'
import { accessLines, ask, logged, serve, stopAll, until } from '../serving.ts'

const access = suite('http access log for people')
access.after.each(stopAll)

/** What the console format writes in development while the action runs, once there are so many lines. */
async function consoleLines(
  colors: boolean,
  count: number,
  action: () => Promise<unknown>,
): Promise<string[]> {
  configureLogging({ logger: 'console', colors })
  const lines: string[] = []
  const original = process.stderr.write
  process.stderr.write = ((line: string) => lines.push(line) > 0) as typeof process.stderr.write
  try {
    await action()
    await until(() => lines.length >= count)
  } finally {
    process.stderr.write = original
  }
  assert.is(lines.length, count)
  return lines
}

/** The line of one request. */
async function consoleLine(
  path: string,
  headers: Record<string, string>,
  { colors = false, ...options }: HttpOptions & { readonly colors?: boolean } = {},
): Promise<string> {
  const api = http({ port: 0, ...options })
  const status = ({ params }: { params: { status?: string } }) => [Number(params.status ?? 200), 'text']
  await serve(new Service().on(api.get('/test/:status?'), status as never))
  const [line = ''] = await consoleLines(colors, 1, () => ask(api, 'GET', path, headers))
  return line
}

const styled = (style: Parameters<typeof styleText>[0], text: string) =>
  styleText(style, text, { validateStream: false })

access('a request reads as method, path, status and time; then follows what one may look for', async () => {
  const headers = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)', 'X-Request-Id': 'r1' }
  assert.match(
    await consoleLine('/test?page=2', headers),
    /^[\d:.]{12} {2}info {3}tomodachi\.http\.response {3}GET \/test\?page=2 200 [\d.]+ms {2}ip=127\.0\.0\.1 bytes=4 requestId=r1\n$/,
  )
})

access('it has the address of a client behind a proxy, the user, and the trace', async () => {
  const headers = {
    'X-Forwarded-For': '203.0.113.9',
    Authorization: 'Basic YXV0aHVzZXI6c2VjcmV0YWY=',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  }
  assert.match(
    await consoleLine('/test', headers, { realIpFrom: ['127.0.0.1'] }),
    / GET \/test 200 [\d.]+ms {2}ip=203\.0\.113\.9 user=authuser bytes=4 requestId=\S+ trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n$/,
  )
})

access('the status is coloured by its class, and the rest is dimmed', async () => {
  for (const [status, tint] of [
    [200, 'green'],
    [302, 'cyan'],
    [404, 'yellow'],
    [500, 'red'],
  ] as const) {
    const line = await consoleLine(`/test/${status}`, {}, { colors: true })
    await stopAll()
    assert.match(line, `  GET /test/${status} ${styled(tint, String(status))} `)
    assert.match(line, `ms  ${styled('dim', 'ip=127.0.0.1')} ${styled('dim', 'bytes=4')} `)
  }
})

access('what was asked for can neither forge a line nor move the cursor', async () => {
  const line = await consoleLine('/test/404?%0a%1b%5b2J', {})
  assert.match(line, ' GET /test/404?%0a%1b%5b2J 404 ')
  await stopAll()
  const decoded = await consoleLine('/te%0Ast%1B%5B2J%E2%80%AE', {})
  assert.match(decoded, ' GET /te\\u000ast\\u001b[2J\\u202e 404 ')
  assert.is(decoded.indexOf('\n'), decoded.length - 1)
})

access('a websocket reads as its path, what became of it, and how long it was open', async () => {
  const api = http({ port: 0 })
  await serve(new Service().on(websocket(api).path('/chat'), () => ({})))
  for (const [code, closed] of [
    [1000, styled('green', 'closed 1000')],
    [4001, styled('yellow', 'closed 4001')],
  ] as const) {
    const [opened = '', ended = ''] = await consoleLines(true, 2, async () => {
      const client = await Client.open(api, '/chat')
      client.socket.close(code)
    })
    assert.match(opened, `  WS /chat ${styled('green', 'open')}  ${styled('dim', 'ip=127.0.0.1')} `)
    assert.match(opened, 'connectionId=')
    assert.match(ended, `  WS /chat ${closed} `)
    assert.match(ended, / [\d.]+m?s {2}\S*ip=/)
  }
})

access('a secret in a query is in no line', async () => {
  for (const query of [
    'token=hunter2&a=1',
    'a=1&password=hunter2',
    'next=%2Fx%3Fapi_key%3Dhunter2',
    'u=https://hunter2@h',
  ]) {
    assert.not.match(await consoleLine(`/test?${query}`, {}), 'hunter2')
    await stopAll()
    const records = logged()
    const api = http({ port: 0 })
    await serve(new Service().on(api.get('/test'), () => 'test'))
    await ask(api, 'GET', `/test?${query}`)
    await until(() => accessLines(records).length > 0)
    const [line] = accessLines(records)
    assert.not.match(line?.request_query_string, 'hunter2')
    assert.match(line?.request_query_string, '[redacted]')
    await stopAll()
  }
})

access.run()
