// time limit: 60 s
import { Service } from 'tomodachi'
import { http, type Responded, responded, type Shed, shed } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { accessLines, ask, type Logged, logged, portOf, serve, until } from '../serving.ts'
import { endAll, serving } from './filling.ts'

const shedding = suite('http shed requests')
shedding.after.each(endAll)

const messages = (records: readonly Logged[]) =>
  records
    .filter(({ message }) => / shed/.test(message))
    .map(({ level, message, fields }) => ({ level, message, ...fields }))

shedding('the bus tells of each, with its route, and of its answer', async () => {
  const { api, kernel, filled } = await serving()
  const first = await filled()
  const told: Shed[] = []
  const answered: Responded[] = []
  kernel.bus.on(shed, (event) => void told.push(event))
  kernel.bus.on(responded, (event) => void answered.push(event))
  await ask(api, 'GET', '/?a=b')
  await ask(api, 'GET', '/nowhere')
  assert.equal(
    told.map(({ adapter, reason, request, actor }) => [
      adapter === api.origin,
      reason,
      request.url,
      actor?.address,
    ]),
    [
      [true, 'maxInFlight', '/?a=b', 'http GET /'],
      [true, 'maxInFlight', '/nowhere', undefined],
    ],
  )
  await until(() => answered.length === 2)
  assert.equal(
    answered.map(({ status, actor, handlerElapsed }) => [status, actor?.address, handlerElapsed]),
    [
      [503, 'http GET /', undefined],
      [503, undefined, undefined],
    ],
  )
  first.destroy()
})

shedding('one line says that it begins, one that it has ended', async () => {
  const records = logged()
  const { api, filled, release } = await serving()
  const first = await filled()
  for (const path of ['/', '/quiet', '/']) await ask(api, 'GET', path)
  assert.equal(messages(records), [{ level: 'warning', message: 'requests are shed', reason: 'maxInFlight' }])
  // The access log has them as it has others.
  assert.equal(
    accessLines(records).map(({ request_path, status_code, handler_elapsed_time }) => [
      request_path,
      status_code,
      handler_elapsed_time,
    ]),
    [
      ['/', 503, undefined],
      ['/', 503, undefined],
    ],
  )
  release()
  await first.response()
  first.destroy()
  await until(() => messages(records).length === 2)
  const [, { seconds, ...ended } = { seconds: undefined }] = messages(records) as Record<string, unknown>[]
  assert.equal(ended, { level: 'info', message: 'requests are no longer shed', shed: 3 })
  assert.type(seconds, 'number')
  // It may begin again.
  const second = await filled()
  await ask(api, 'GET', '/')
  assert.is(messages(records).length, 3)
  second.destroy()
})

shedding('a stop ends it', async () => {
  const records = logged()
  const { api, kernel, filled, release } = await serving()
  const first = await filled()
  await ask(api, 'GET', '/')
  const stopped = kernel.stop()
  release()
  await stopped
  first.destroy()
  assert.equal(
    messages(records).map(({ message }) => message),
    ['requests are shed', 'requests are no longer shed'],
  )
})

shedding('error sources are not asked', async () => {
  const api = http({ port: 0, overload: { maxInFlight: 1 } })
  let asked = 0
  let release = () => {}
  await serve(
    new Service()
      .on(
        api.get('/wait'),
        () =>
          new Promise<void>((resolve) => {
            release = resolve
          }),
      )
      .on(api.get('/'), () => 'next')
      .on(api.error(503), () => `asked ${++asked}`)
      .on(api.error(), () => `asked ${++asked}`),
  )
  const first = ask(api, 'GET', '/wait')
  await until(async () => (await ask(api, 'GET', '/')).status === 503)
  assert.is((await ask(api, 'GET', '/')).text, 'Service Unavailable')
  assert.is(asked, 0)
  release()
  await first
})

shedding('a request for an upgrade is shed too', async () => {
  const { api, filled, release } = await serving()
  let upgraded = 0
  api.upgrade('twice', '/twice', ({ refuse }) => {
    upgraded++
    refuse(403)
  })
  const upgrade = () => ask(api, 'GET', '/twice', { Connection: 'Upgrade', Upgrade: 'twice' })
  const first = await filled()
  const refused = await upgrade()
  assert.equal(
    [refused.status, refused.header('retry-after'), refused.header('connection')],
    [503, '1', 'close'],
  )
  assert.is(upgraded, 0)
  release()
  await first.response()
  first.destroy()
  assert.is((await upgrade()).status, 403)
})

shedding('a client that keeps its connection is served when there is room again', async () => {
  const { api, filled, release } = await serving()
  const first = await filled()
  const client = await RawClient.connect(portOf(api))
  for (let count = 0; count < 20; count++)
    assert.is((await client.send(requestText('GET', '/')).response()).status, 503)
  release()
  await first.response()
  assert.is((await client.send(requestText('GET', '/')).response()).text, 'next')
  for (const one of [first, client]) one.destroy()
})

shedding.run()
