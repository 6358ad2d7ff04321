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

events(
  'a request that came before anybody watched is not told of: nobody knows how long it took',
  async () => {
    const answers = [deferred<string>(), deferred<string>()]
    let begun = 0
    const api = http({ port: 0, accessLog: false })
    const kernel = await serve(new Service().on(api.get('/'), () => answers[begun++]?.promise as never))
    const asking = [ask(api, 'GET', '/')]
    await until(() => begun === 1, 'the first')
    const ended: Responded[] = []
    kernel.bus.on(responded, (event) => void ended.push(event))
    answers[0]?.resolve('')
    await asking[0]
    asking.push(ask(api, 'GET', '/'))
    await until(() => begun === 2, 'the second')
    answers[1]?.resolve('')
    await asking[1]
    await until(() => ended.length > 0, 'responded')
    assert.is(ended.length, 1)
    assert.ok((ended[0]?.elapsed ?? 0) < performance.now() / 2)
  },
)

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
