import { Service } from 'tomodachi'
import { type HttpOptions, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { accessLines, ask, logged, serve, stopAll, until } from '../serving.ts'

const realIp = suite('http real ip')
realIp.after.each(stopAll)

/** What a handler, asked from 127.0.0.1, takes for the client. */
async function clientOf(
  options: HttpOptions,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const api = http({ port: 0, ...options })
  const kernel = await serve(new Service().on(api.get('/'), ({ request }) => request.ip))
  const { text } = await ask(api, 'GET', '/', headers)
  await kernel.stop()
  return text
}

const proxy = { realIpFrom: ['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'] }

for (const [options, header, expected] of [
  // Nobody is believed unless it is said who is.
  [{}, '1.2.3.4', '127.0.0.1'],
  [{ realIpFrom: [] }, '1.2.3.4', '127.0.0.1'],
  [{ realIpFrom: '10.0.0.0/8' }, '1.2.3.4', '127.0.0.1'],
  [proxy, '1.2.3.4', '1.2.3.4'],
  [proxy, undefined, '127.0.0.1'],
  [proxy, '', '127.0.0.1'],
  // From the right, past our own proxies, and no further.
  [proxy, '6.6.6.6, 1.2.3.4', '1.2.3.4'],
  [proxy, '6.6.6.6, 1.2.3.4, 10.1.2.3', '1.2.3.4'],
  [proxy, '6.6.6.6,1.2.3.4,10.1.2.3,2001:db8::7', '1.2.3.4'],
  [proxy, '10.0.0.2, 10.0.0.1', '10.0.0.2'],
  [proxy, '11.0.0.1, 10.255.255.255', '11.0.0.1'],
  // What is no address ends the search.
  [proxy, 'not-an-ip', '127.0.0.1'],
  [proxy, 'unknown, 10.0.0.1', '10.0.0.1'],
  [proxy, '1.2.3.4, unknown', '127.0.0.1'],
  [proxy, '1.2.3.4, ', '127.0.0.1'],
  [proxy, '1.2.3.4.5, 10.0.0.1', '10.0.0.1'],
  [proxy, '1.2.3.256', '127.0.0.1'],
  [proxy, '<script>', '127.0.0.1'],
  // Ports, brackets, quotes, IPv6 and IPv4 within it.
  [proxy, '1.2.3.4:5678', '1.2.3.4'],
  [proxy, '[2001:dead::1]:443', '2001:dead::1'],
  [proxy, '"[2001:dead::1]"', '2001:dead::1'],
  [proxy, '2001:dead::1, 2001:DB8:0:0::1', '2001:dead::1'],
  [proxy, '::ffff:1.2.3.4', '1.2.3.4'],
  [proxy, '1.2.3.4, ::ffff:10.0.0.1', '1.2.3.4'],
  [proxy, '1.2.3.4, ::ffff:a00:1', '1.2.3.4'],
  [{ realIpFrom: '::ffff:127.0.0.0/104' }, '1.2.3.4', '1.2.3.4'],
  [{ realIpFrom: '0.0.0.0/0' }, '1.2.3.4, 5.6.7.8', '1.2.3.4'],
  [{ realIpFrom: '127.0.0.1/32' }, '1.2.3.4', '1.2.3.4'],
] as const) {
  realIp(`${JSON.stringify(options)} makes ${expected} of ${JSON.stringify(header)}`, async () => {
    const headers = header === undefined ? {} : { 'X-Forwarded-For': header }
    assert.is(await clientOf(options, headers), expected)
  })
}

realIp('another header, in any case of letters', async () => {
  const options = { ...proxy, realIpHeader: 'X-REAL-IP' }
  assert.is(await clientOf(options, { 'x-real-ip': '1.2.3.4', 'X-Forwarded-For': '5.6.7.8' }), '1.2.3.4')
})

realIp('a peer on a socket for both versions is named in its own', async () => {
  assert.is(await clientOf({ host: '::' }), '127.0.0.1')
  assert.is(await clientOf({ host: '::', ...proxy }, { 'X-Forwarded-For': '1.2.3.4' }), '1.2.3.4')
})

realIp('a very long header is no trouble', async () => {
  assert.is(await clientOf(proxy, { 'X-Forwarded-For': '10.0.0.1,'.repeat(1_500) }), '127.0.0.1')
  assert.is(await clientOf(proxy, { 'X-Forwarded-For': `1.2.3.4${',10.0.0.1'.repeat(1_500)}` }), '1.2.3.4')
})

realIp('the access log has the same address', async () => {
  const records = logged()
  await clientOf(proxy, { 'X-Forwarded-For': '1.2.3.4' })
  await until(() => accessLines(records).length > 0)
  assert.is(accessLines(records)[0]?.remote_ip, '1.2.3.4')
})

realIp.run()
