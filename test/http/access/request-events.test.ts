import { Service } from 'tomodachi'
import { type Http, http, type Requested, type Responded, requested, responded } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { deferred } from '../../kernel/fake-adapter.ts'
import { ask, serve, stopAll, until } from '../serving.ts'

const events = suite('http request events')
events.after.each(stopAll)

async function watched(service: (api: Http) => Service) {
  const api = http({ port: 0 })
  const kernel = await serve(service(api))
  const begun: Requested[] = []
  const ended: Responded[] = []
  kernel.bus.on(requested, (event) => void begun.push(event))
  kernel.bus.on(responded, (event) => void ended.push(event))
  return { api, begun, ended }
}

events('requested and responded come once each, with the same request, whatever the answer', async () => {
  const { api, begun, ended } = await watched((api) =>
    new Service()
      .on(api.get('/ok'), () => 'ok')
      .on(api.get('/fails'), () => {
        throw new Error('no')
      }),
  )
  for (const [method, path, status] of [
    ['GET', '/ok', 200],
    ['GET', '/nowhere', 404],
    ['PUT', '/ok', 405],
    ['GET', '/fails', 500],
  ] as const) {
    assert.is((await ask(api, method, path)).status, status)
    await until(() => ended.length === begun.length, 'responded')
    assert.is(begun.at(-1)?.request, ended.at(-1)?.request)
    assert.is(ended.at(-1)?.status, status)
  }
  assert.is(begun.length, 4)
  assert.ok([...begun, ...ended].every(({ adapter }) => adapter === api.origin))
})

events('requested comes before the handler has ended', async () => {
  const answer = deferred()
  const { api, begun, ended } = await watched((api) =>
    new Service().on(api.get('/'), () => answer.promise as never),
  )
  const asking = ask(api, 'GET', '/')
  await until(() => begun.length === 1, 'requested')
  assert.is(ended.length, 0)
  answer.resolve()
  await asking
  await until(() => ended.length === 1, 'responded')
})

events(
  'responded has the delivery to the route, or to the error source of a request without a route',
  async () => {
    const { api, ended } = await watched((api) =>
      new Service().on(api.get('/ok'), () => 'ok').on(api.error(404), () => 'none'),
    )
    await ask(api, 'GET', '/ok')
    await ask(api, 'GET', '/nowhere')
    await ask(api, 'PUT', '/ok')
    await until(() => ended.length === 3, 'responded')
    assert.equal(
      ended.map(({ delivery }) => delivery?.actor.source.address),
      ['GET /ok', 'error 404', undefined],
    )
  },
)

events.run()
