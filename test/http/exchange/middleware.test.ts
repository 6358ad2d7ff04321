import { guard, type Middleware, type Next, reply, Service, use } from 'tomodachi'
import { HttpError, type HttpRequest, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, errorsIn, logged, serve, stopAll } from '../serving.ts'

const middleware = suite('http middleware')
middleware.after.each(stopAll)

interface Seen {
  readonly request: HttpRequest
}

const session = async ({ request }: Seen, next: Next) => next({ user: String(request.headers['x-user']) })

middleware('middleware of the server adds to the context of its handlers, and only of those', async () => {
  const api = http({ port: 0 })
  const inside = api.use(session)
  await serve(
    new Service()
      .on(inside.get('/inside'), async ({ user }) => `hello ${user}`)
      .on(api.get('/outside'), (context) => String('user' in context)),
  )
  assert.is((await ask(api, 'GET', '/inside', { 'X-User': 'ann' })).text, 'hello ann')
  assert.is((await ask(api, 'GET', '/outside', { 'X-User': 'ann' })).text, 'false')
})

middleware(
  'what is attached to a request says nothing of its envelope, whose headers are those of the request',
  async () => {
    const api = http({ port: 0 })
    const attaching = async ({ request }: Seen, next: Next) => {
      Object.assign(request, { id: 'attached', attempt: 7, failure: new Error('attached') })
      return next()
    }
    await serve(
      new Service().on(
        api.use(attaching).get('/'),
        ({ envelope: { id, attempt, failure, headers }, request }) =>
          `${id !== 'attached'} ${attempt} ${failure} ${headers === request.headers} ${headers['x-user']}`,
      ),
    )
    const { text } = await ask(api, 'GET', '/', { 'X-User': 'ann' })
    assert.is(text, 'true 1 undefined true ann')
  },
)

middleware('a view with middleware is the same server', async () => {
  const api = http({ port: 0 })
  const inside = api.use(session)
  await serve(new Service().on(inside.get('/'), async ({ user }) => user))
  assert.is(inside.url, api.url)
  assert.is((await inside.inject({ url: '/', headers: { 'x-user': 'ann' } })).body, 'ann')
})

middleware('the order is service, server, handler, whatever was registered first', async () => {
  const steps: string[] = []
  const noting =
    (name: string): Middleware<object> =>
    async (_, next) => {
      steps.push(`${name} in`)
      const outcome = await next()
      steps.push(`${name} out`)
      return outcome
    }
  const api = http({ port: 0 })
  const inside = api.use(noting('server 1')).use(noting('server 2'))
  await serve(
    new Service({ use: use(noting('service 1')).use(noting('service 2')) }).on(
      inside.get('/'),
      async () => void steps.push('handler'),
      { use: [noting('handler 1'), noting('handler 2')] },
    ),
  )
  await ask(api, 'GET', '/')
  const names = ['service 1', 'service 2', 'server 1', 'server 2', 'handler 1', 'handler 2']
  const wanted = [
    ...names.map((name) => `${name} in`),
    'handler',
    ...names.toReversed().map((name) => `${name} out`),
  ]
  assert.equal(steps, wanted)
})

middleware('a later middleware is given what an earlier one adds', async () => {
  const api = http({ port: 0 })
  const inside = api
    .use(session)
    .use(async ({ user }: Seen & { readonly user: string }, next) => next({ greeting: `hello ${user}` }))
  await serve(
    new Service().on(
      inside.get('/:x'),
      async ({ greeting, user, params }) => `${greeting}${user}${params.x}`,
    ),
  )
  assert.is((await ask(api, 'GET', '/!', { 'X-User': 'ann' })).text, 'hello annann!')
})

middleware('a guard lets through, or answers itself', async () => {
  const api = http({ port: 0 })
  const guarded = api.use(guard(({ request }: Seen) => request.headers['x-key'] === 'secret' || [403, 'no']))
  let handled = 0
  await serve(new Service().on(guarded.get('/'), async () => `${++handled}`))
  const refused = await ask(api, 'GET', '/')
  assert.equal([refused.status, refused.text, handled], [403, 'no', 0])
  assert.is((await ask(api, 'GET', '/', { 'X-Key': 'secret' })).text, '1')
})

middleware('middleware can answer in every form of a reply, and throw an HttpError', async () => {
  const api = http({ port: 0 })
  const replies: readonly (() => unknown)[] = [
    () => 'text',
    () => [201, { a: 1 }],
    () => undefined,
    () => new Response('web', { status: 202 }),
    () => {
      throw new HttpError(410)
    },
  ]
  const inside = api.use(async ({ params }: { readonly params: Readonly<Record<string, string>> }) =>
    reply(replies[Number(params.which)]?.()),
  )
  await serve(new Service().on(inside.get('/:which'), async () => 'never'))
  const answers = await Promise.all(replies.map((_, which) => ask(api, 'GET', `/${which}`)))
  assert.equal(
    answers.map(({ status, text }) => [status, text]),
    [
      [200, 'text'],
      [201, '{"a":1}'],
      [200, ''],
      [202, 'web'],
      [410, 'Gone'],
    ],
  )
})

middleware('middleware sees and may replace what the handler throws', async () => {
  const records = logged()
  const api = http({ port: 0 })
  const rescued = api.use(async (_: object, next) => {
    try {
      return await next()
    } catch (error) {
      return reply([503, (error as Error).message])
    }
  })
  await serve(
    new Service().on(rescued.get('/'), () => {
      throw new Error('rescued')
    }),
  )
  const response = await ask(api, 'GET', '/')
  assert.equal([response.status, response.text], [503, 'rescued'])
  assert.equal(errorsIn(records), [])
})

middleware('what the transport provides cannot be overridden', async () => {
  for (const key of ['request', 'params', 'query', 'log', 'signal']) {
    const records = logged()
    const api = http({ port: 0 })
    const forged = api.use(async (_: object, next) => next({ [key]: 'forged' }))
    await serve(new Service().on(forged.get('/'), async () => 'never'))
    assert.is((await ask(api, 'GET', '/')).status, 500)
    assert.equal(errorsIn(records), ['MIDDLEWARE_OVERRIDE'])
    await stopAll()
  }
})

middleware.run()
