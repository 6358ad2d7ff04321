import { configureLogging, Service } from 'tomodachi'
import { type HttpOptions, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { accessLines, ask, logged, serve, stopAll, until } from '../serving.ts'

const access = suite('http access log for people')
access.after.each(stopAll)

/** What one request has the console format write, in development. */
async function consoleLine(
  options: HttpOptions,
  path: string,
  headers: Record<string, string>,
): Promise<string> {
  const api = http({ port: 0, ...options })
  await serve(new Service().on(api.get('/test/:id?'), () => 'test'))
  configureLogging({ logger: 'console', colors: false })
  const lines: string[] = []
  const original = process.stderr.write
  process.stderr.write = ((line: string) => lines.push(line) > 0) as typeof process.stderr.write
  try {
    await ask(api, 'GET', path, headers)
    await until(() => lines.length > 0)
  } finally {
    process.stderr.write = original
  }
  assert.is(lines.length, 1)
  return lines[0] ?? ''
}

const browser =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

access(
  'the console format begins with status, method and path, and leaves out what everybody knows',
  async () => {
    const line = await consoleLine({}, '/test/12?page=2', { 'User-Agent': browser })
    assert.match(
      line,
      /^[\d-]{10} [\d:.]{12} {2}info {3}tomodachi\.http\.response {2}200 GET \/test\/12\?page=2 {2}request_time=\d+\.\d{5}s\n$/,
    )
    assert.ok(line.length < 120, `${line.length} characters`)
  },
)

access('the console format has the address of a client from elsewhere, and the user', async () => {
  const headers = { 'X-Forwarded-For': '203.0.113.9', Authorization: 'Basic YXV0aHVzZXI6c2VjcmV0YWY=' }
  const line = await consoleLine({ realIpFrom: ['127.0.0.1'] }, '/test', headers)
  assert.match(line, / {2}200 GET \/test {2}remote_ip=203\.0\.113\.9 auth_user=authuser request_time=/)
})

access('a secret in a query is in no line', async () => {
  for (const query of [
    'token=hunter2&a=1',
    'a=1&password=hunter2',
    'next=%2Fx%3Fapi_key%3Dhunter2',
    'u=https://hunter2@h',
  ]) {
    assert.not.match(await consoleLine({}, `/test?${query}`, {}), 'hunter2')
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
