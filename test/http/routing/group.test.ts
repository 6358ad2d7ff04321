import { guard, type Next, Service } from 'tomodachi'
import { type Http, HttpError, type HttpRequest, http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { ask, portOf, serve, stopAll } from '../serving.ts'
import { folderWith, removeFolders } from './folder.ts'

const group = suite('http groups')
group.after.each(stopAll)
group.after(removeFolders)

const authenticated = async ({ request }: { request: HttpRequest }, next: Next) => {
  if (request.headers['x-key'] !== 'secret') throw new HttpError(401)
  return next({ user: 'ada' })
}

async function answer(
  api: Http<unknown>,
  url: string,
  method: 'GET' | 'POST' | 'HEAD' = 'GET',
  key?: string,
) {
  const headers = key === undefined ? {} : { 'x-key': key }
  const { statusCode, body } = await api.inject({ method, url, headers })
  return `${statusCode} ${body}`
}

group('paths of a group begin with its prefix, over a socket', async () => {
  const api = http({ port: 0 })
  const admin = api.group('/admin')
  await serve(
    new Service()
      .on(admin.get('/users/:id'), ({ params }) => params.id)
      .on(api.get('/users/:id'), () => 'open'),
  )
  assert.is((await ask(api, 'GET', '/admin/users/7?x=1')).text, '7')
  assert.is((await ask(api, 'GET', '/users/7')).text, 'open')
  assert.is((await ask(api, 'GET', '/admin/admin/users/7')).status, 404)
  assert.is((await ask(api, 'POST', '/admin/users/7')).header('allow'), 'GET,HEAD')
})

group('every method, and route, begin with the prefix', async () => {
  const api = http({ port: 0 })
  const admin = api.group('/admin')
  const service = new Service()
  const { get, post, put, patch, delete: del, options, head } = admin
  for (const factory of [get, post, put, patch, del, options]) {
    service.on(factory('/x'), ({ request }) => request.method)
  }
  await serve(
    service
      .on(head('/head'), () => [204])
      .on(admin.route(['PUT', 'DELETE'], '/both'), ({ request }) => `both ${request.method}`),
  )
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const)
    assert.is((await api.inject({ method, url: '/admin/x' })).body, method)
  assert.is((await api.inject({ method: 'HEAD', url: '/admin/head' })).statusCode, 204)
  assert.is((await api.inject({ method: 'DELETE', url: '/admin/both' })).body, 'both DELETE')
})

for (const prefix of ['/admin', '/admin/'] as const)
  group(`the path / of the group ${prefix} is the prefix without a slash at its end`, async () => {
    const api = http({ port: 0 })
    const admin = api.group(prefix)
    await serve(new Service().on(admin.get('/'), () => 'root').on(admin.get('/x/'), () => 'with a slash'))
    assert.is(await answer(api, '/admin'), '200 root')
    assert.is(await answer(api, '/admin?a=b'), '200 root')
    assert.is((await api.inject('/admin/')).statusCode, 404)
    assert.is(await answer(api, '/admin/x/'), '200 with a slash')
  })

group('a group / has the paths of its server', async () => {
  const api = http({ port: 0 })
  const all = api.group('/')
  await serve(new Service().on(all.get('/'), () => 'root').on(all.group('/v1').get('/x'), () => 'x'))
  assert.is(await answer(api, '/'), '200 root')
  assert.is(await answer(api, '/v1/x'), '200 x')
})

group('a prefix has params, with expressions too, and an optional one may end the path', async () => {
  const api = http({ port: 0 })
  const shop = api.group('/shops/:shop(^\\d+$)')
  await serve(
    new Service()
      .on(shop.get('/items/:item'), ({ params }) => ({ body: params }))
      .on(shop.get('/pages/:page?'), ({ params }) => `${params.shop} ${params.page ?? 'first'}`)
      .on(shop.get('/rest/*'), ({ params }) => `${params.shop} ${params['*']}`),
  )
  assert.equal((await api.inject('/shops/12/items/caf%C3%A9')).json(), { shop: '12', item: 'café' })
  assert.is(await answer(api, '/shops/12/pages'), '200 12 first')
  assert.is(await answer(api, '/shops/12/pages/3'), '200 12 3')
  assert.is(await answer(api, '/shops/12/rest/a/b'), '200 12 a/b')
  assert.is((await api.inject('/shops/x/items/1')).statusCode, 404)
})

group('groups nest, and a group of a view keeps its middleware', async () => {
  const api = http({ port: 0 })
  const order: string[] = []
  const mark = (name: string) => async (_: unknown, next: Next) => {
    order.push(name)
    return next()
  }
  const admin = api
    .use(mark('server'))
    .group('/v1')
    .use([mark('v1'), mark('second')])
    .group('/admin')
    .use(mark('admin'))
  await serve(
    new Service({ use: mark('service') })
      .on(admin.get('/x'), () => 'x', { use: [mark('handler')] })
      .on(api.group('/v1').get('/open'), () => 'open'),
  )
  assert.is(await answer(api, '/v1/admin/x'), '200 x')
  assert.equal(order, ['service', 'server', 'v1', 'second', 'admin', 'handler'])
  order.length = 0
  assert.is(await answer(api, '/v1/open'), '200 open')
  assert.equal(order, ['service'])
})

group('middleware of a group applies to its handlers only, and sees the params of the prefix', async () => {
  const api = http({ port: 0 })
  const own = guard(({ params, user }: { params: { shop: string }; user: string }) => {
    if (params.shop !== user) throw new HttpError(403)
  })
  const shop = api.group('/shops/:shop').use(authenticated).use(own)
  await serve(
    new Service()
      .on(shop.get('/'), ({ user, params }) => `${user} ${params.shop}`)
      .on(api.get('/shops/:shop/open'), ({ params }) => params.shop),
  )
  assert.is((await api.inject('/shops/ada')).statusCode, 401)
  assert.is(await answer(api, '/shops/ada', 'GET', 'secret'), '200 ada ada')
  assert.is((await api.inject({ url: '/shops/bob', headers: { 'x-key': 'secret' } })).statusCode, 403)
  assert.is(await answer(api, '/shops/ada/open'), '200 ada')
})

group('files of a group are below its prefix', async () => {
  const api = http({ port: 0 })
  const folder = folderWith({ 'a.txt': 'a', 'sub/index.html': 'index' })
  const shop = api.group('/shops/:filename')
  await serve(
    new Service()
      .on(api.group('/admin').files('/static', folder))
      .on(api.group('/top').files('/', folder, { index: 'index.html' }))
      .on(shop.files('/below', folder))
      .on(shop.files('/named/:filename', folder)),
  )
  assert.is(await answer(api, '/admin/static/a.txt'), '200 a')
  assert.is(await answer(api, '/top/a.txt'), '200 a')
  assert.is((await ask(api, 'GET', '/top/sub')).header('location'), './sub/')
  assert.is(await answer(api, '/top/sub/'), '200 index')
  assert.is(await answer(api, '/shops/7/below/a.txt'), '200 a')
  assert.is(await answer(api, '/shops/7/named/a.txt'), '200 a')
  assert.is((await api.inject('/static/a.txt')).statusCode, 404)
})

group('an error source of a group answers for the paths below its prefix, the innermost first', async () => {
  const api = http({ port: 0 })
  const v1 = api.group('/v1')
  const shop = v1.group('/shops/:shop')
  const service = new Service()
    .on(api.error(), ({ status }) => `all ${status}`)
    .on(v1.error(404), () => 'v1 404')
    .on(v1.error(), ({ status }) => `v1 ${status}`)
    .on(shop.error(404), ({ params }) => `shop ${params.shop} 404`)
    .on(shop.get('/fails'), () => {
      throw new Error('it failed')
    })
  await serve(service)
  assert.is(await answer(api, '/nothing'), '404 all 404')
  assert.is(await answer(api, '/v10'), '404 all 404')
  assert.is(await answer(api, '/v1'), '404 v1 404')
  assert.is(await answer(api, '/v1/nothing?x'), '404 v1 404')
  assert.is(await answer(api, '/v1/shops/7'), '404 shop 7 404')
  assert.is(await answer(api, '/v1/shops/7/nothing/else'), '404 shop 7 404')
  assert.is(await answer(api, '/v1/shops/7/fails'), '500 v1 500')
  assert.is(await answer(api, '/v1/shops/7/fails', 'POST'), '405 v1 405')
})

group('websocket paths of a group begin with its prefix', async () => {
  const api = http({ port: 0 })
  const chat = websocket(api.group('/v1/:tenant'))
  await serve(
    new Service().on(chat.path('/chat/:room'), ({ socket, params }) => {
      socket.send(JSON.stringify(params))
    }),
  )
  const client = new WebSocket(`ws://127.0.0.1:${portOf(api)}/v1/acme/chat/9`)
  const message = await new Promise((resolve, reject) => {
    client.on('message', (data) => resolve(JSON.parse(String(data))))
    client.on('error', reject)
  })
  client.terminate()
  assert.equal(message, { tenant: 'acme', room: '9' })
})

group.run()
