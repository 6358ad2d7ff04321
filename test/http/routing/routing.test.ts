import { type HandlerContext, Service } from 'tomodachi'
import { type Http, http, type Method } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, failureOf, logged, serve, serving, stopAll } from '../serving.ts'

const routing = suite('http routing')
routing.after.each(stopAll)

const text = async (api: Http, path: string, method = 'GET') => (await ask(api, method, path)).text

routing('each method has its source', async () => {
  const methods: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  const api = await serving((api) => {
    const { get, post, put, patch, delete: del, options } = api
    const service = new Service()
    for (const factory of [get, post, put, patch, del, options]) {
      service.on(factory('/x'), ({ request }) => `it was ${request.method}`)
    }
    return service
  })
  for (const method of methods) assert.is(await text(api, '/x', method), `it was ${method}`)
  assert.is((await ask(api, 'HEAD', '/x')).header('content-length'), '11')
})

routing('handlers of routes, of files and of errors are given all that arrived', async () => {
  const seen: [string[], string[]][] = []
  const note = ({ envelope, ...values }: HandlerContext) => {
    seen.push([Object.keys(values).sort(), Object.keys(envelope.given).sort()])
    return 'seen'
  }
  const api = await serving((api) =>
    new Service().on(api.get('/x/:id'), note).on(api.files('/files', '.'), note).on(api.error(404), note),
  )
  for (const path of ['/x/1', '/files/a', '/nothing']) assert.is(await text(api, path), 'seen')
  const request = ['params', 'query', 'request']
  assert.equal(
    seen.map(([values]) => values),
    [request, ['filename', ...request, 'send'], ['error', ...request, 'status']],
  )
  for (const [values, given] of seen) assert.equal(values, given)
})

routing('a HEAD source comes before the GET source', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/x'), () => 'four')
      .on(api.head('/x'), () => ({ headers: { 'content-length': 7 } })),
  )
  assert.is((await ask(api, 'HEAD', '/x')).header('content-length'), '7')
  assert.is(await text(api, '/x'), 'four')
})

routing('an unknown path is 404, a known one with another method 405 that names the methods', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/orders/:id'), () => 'got')
      .on(api.route(['PUT', 'DELETE'], '/orders/:id'), () => 'changed')
      .on(api.post('/only'), () => 'posted'),
  )
  const missing = await ask(api, 'GET', '/nothing')
  assert.equal([missing.status, missing.text], [404, 'Not Found'])
  assert.is(missing.header('allow'), undefined)
  const wrong = await ask(api, 'POST', '/orders/1')
  assert.equal([wrong.status, wrong.text], [405, 'Method Not Allowed'])
  assert.is(wrong.header('allow'), 'GET,HEAD,PUT,DELETE')
  assert.is((await ask(api, 'GET', '/only')).header('allow'), 'POST')
  assert.is((await ask(api, 'HEAD', '/only')).header('allow'), 'POST')
  assert.is((await ask(api, 'PROPFIND', '/only')).status, 405)
})

routing('params come decoded, an encoded slash stays within its param', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/:shop/items/:item'), ({ params }) => `${params.shop} ${params.item}`)
      .on(api.get('/files/*'), ({ params }) => params['*']),
  )
  assert.is(await text(api, '/caf%C3%A9/items/a%2Fb?x=%zz'), 'café a/b')
  assert.is(await text(api, '/files/a/b.txt'), 'a/b.txt')
})

routing('a RegExp gives its named groups, and has to match the whole path', async () => {
  const api = await serving((api) =>
    new Service().on(
      api.get(/\/(?<year>\d{4})(?:-(?<month>\d\d))?/),
      ({ params }) => `${params.year} ${params.month ?? 'no month'}`,
    ),
  )
  assert.is(await text(api, '/2024-05?x'), '2024 05')
  assert.is(await text(api, '/2024'), '2024 no month')
  assert.is((await ask(api, 'GET', '/x/2024')).status, 404)
  assert.is((await ask(api, 'GET', '/2024/x')).status, 404)
  assert.is((await ask(api, 'POST', '/2024')).header('allow'), 'GET,HEAD')
})

routing('among the routes that match, the one registered first answers', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get(/\/v\d/), () => 'expression')
      .on(api.get('/:any'), () => 'param')
      .on(api.get('/late'), () => 'literal'),
  )
  assert.is(await text(api, '/v1'), 'expression')
  assert.is(await text(api, '/late'), 'param')
})

routing('the order is that of the services too', async () => {
  const api = http({ port: 0 })
  const first = new Service({ name: 'first' }).on(api.get('/:any'), ({ service }) => service.name)
  const second = new Service({ name: 'second' })
    .on(api.get('/x'), ({ service }) => service.name)
    .on(api.get('/x/y'), ({ service }) => service.name)
  await serve(first, second)
  assert.is(await text(api, '/x'), 'first')
  assert.is(await text(api, '/x/y'), 'second')
})

routing('a route that no request can reach is warned of', async () => {
  const records = logged()
  await serving((api) =>
    new Service()
      .on(api.get('/:any'), () => 'param')
      .on(api.route(['GET', 'POST'], '/late'), () => 'literal')
      .on(api.get('/a/b'), () => 'reachable'),
  )
  const warnings = records.filter(({ level }) => level === 'warning')
  assert.equal(
    warnings.map(({ logger, fields }) => [logger, fields]),
    [['tomodachi.http', { route: 'http GET,POST /late', methods: ['GET'] }]],
  )
})

routing('a request knows its url, its path, its query and its headers', async () => {
  const api = await serving((api) =>
    new Service().on(api.get('/:name'), ({ request }) => [
      200,
      { url: request.url, path: request.path, x: request.headers['x-a'], method: request.method },
    ]),
  )
  const response = await ask(api, 'GET', '/caf%C3%A9?a=1', { 'X-A': 'b' })
  assert.equal(JSON.parse(response.text), { url: '/caf%C3%A9?a=1', path: '/café', x: 'b', method: 'GET' })
})

for (const [authorization, user] of [
  ['Basic YXV0aHVzZXI6c2VjcmV0YWY=', 'authuser'],
  ['basic dXNlcjpwYTpzcw==', 'user'],
  ['Basic dXNlcg==', 'user'],
  ['Basic !', 'none'],
  ['Bearer abc', 'none'],
] as const) {
  routing(`the user of "${authorization}" is ${user}`, async () => {
    const api = await serving((api) =>
      new Service().on(api.get('/'), ({ request }) => request.authUser ?? 'none'),
    )
    assert.is((await ask(api, 'GET', '/', { authorization })).text, user)
  })
}

for (const [path, advice] of [
  ['/orders/{id}', 'write :id instead of {id}'],
  ['/orders/{id}/items/{item}', 'write :id instead of {id}'],
  ['/orders/order-{id}.json', 'write :id instead of {id}'],
  ['/orders/{id:int}', 'write :id instead of {id:int}'],
  ['/orders/{id:[0-9]+}', 'write :id instead of {id:[0-9]+}'],
  ['/orders/<id>', 'write :id instead of <id>'],
  ['/orders/<int:id>', 'write :id instead of <int:id>'],
  ['/orders/[id]', 'write :id instead of [id]'],
  ['/orders/[[id]]', 'write :id instead of [[id]]'],
  ['/:shop/orders/{id}', 'write :id instead of {id}'],
  ['/:shop(^[a-z]{2}$)/{id}', 'write :id instead of {id}'],
  ['/files/{path:path}', 'write * instead of {path:path}'],
  ['/files/<path:file>', 'write * instead of <path:file>'],
  ['/files/{proxy+}', 'write * instead of {proxy+}'],
  ['/files/{**file}', 'write * instead of {**file}'],
  ['/files/{*file}', 'write * instead of {*file}'],
  ['/files/[...file]', 'write * instead of [...file]'],
  ['/files/[[...file]]', 'write * instead of [[...file]]'],
  ['/orders/:id{[0-9]+}', 'write parameters as :name and a wildcard as *'],
  ['/orders{/:id}', 'write parameters as :name and a wildcard as *'],
] as const) {
  routing(`the path ${path} of another framework is refused at once`, async () => {
    const api = http()
    for (const source of [
      () => api.get(path),
      () => api.route(['PUT', 'PATCH'], path),
      () => api.files(path, '.'),
      () => api.upgrade('chat', path, () => {}),
    ]) {
      const failure = await failureOf(source)
      assert.is(failure.code, 'ROUTE_INVALID')
      assert.match(failure.message, advice)
    }
  })
}

routing('brackets in the expression of a parameter, and in a RegExp path, are taken', async () => {
  const api = await serving((api) =>
    new Service()
      .on(api.get('/:id(^[0-9]{3}$)'), ({ params }) => params.id)
      .on(api.get('/:id(^(?:a|<b>){2}$)/x'), ({ params }) => params.id)
      .on(api.get(/\/(?<id>[a-z]{3})/), ({ params }) => params.id as string),
  )
  const found = await Promise.all(['/123', '/a%3Cb%3E/x', '/abc'].map((path) => text(api, path)))
  assert.equal(found, ['123', 'a<b>', 'abc'])
})

routing('a path without a slash is refused at once', async () => {
  const failure = await failureOf(() => http().get('orders'))
  assert.equal(
    [failure.code, failure.message],
    ['ROUTE_INVALID', 'the path orders is not valid: it does not start with a slash'],
  )
})

routing.run()
