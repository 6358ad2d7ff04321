import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { type Next, Service } from 'tomodachi'
import { type HttpRequest, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { portOf, serve, stopAll, until } from '../serving.ts'

const contexts = suite('http async context')
contexts.after.each(stopAll)

const user = new AsyncLocalStorage<string>()
const turn = () => new Promise(setImmediate)

const modes = {
  plain: {},
  concurrency: { concurrency: 1 },
  orderBy: { orderBy: () => 'key' },
} as const

for (const [mode, options] of Object.entries(modes)) {
  contexts(
    `${mode}: each handler, and each error handler, runs in the context of its own request`,
    async () => {
      const api = http({ port: 0 })
      await serve(
        new Service()
          .on(
            api.get('/:id'),
            async ({ params: { id } }) => {
              const before = user.getStore()
              user.enterWith('entered by a handler')
              await turn()
              if (id === 'c') throw new Error('no stock')
              return `${id} in ${before}`
            },
            options,
          )
          .on(api.error(500), () => `error in ${user.getStore()}`),
      )
      const answers = await Promise.all(
        ['a', 'b', 'c', 'd'].map((id) => user.run(`caller of ${id}`, () => api.inject(`/${id}`))),
      )
      assert.equal(
        answers.map(({ body }) => body),
        ['a in caller of a', 'b in caller of b', 'error in caller of c', 'd in caller of d'],
      )
    },
  )
}

contexts('requests see neither what was around the start nor what hooks have entered', async () => {
  const api = http({ port: 0 })
  const seen: unknown[] = []
  const enter = () => {
    seen.push(user.getStore())
    user.enterWith('entered by a hook')
  }
  const service = new Service({
    onStart: enter,
    onStarted: async () => enter(),
    onStopping: enter,
    onStop: () => void seen.push(user.getStore()),
  }).on(api.get('/'), () => ({ body: [user.getStore()] }))
  const kernel = await user.run('around the start', () => serve(service))
  const answer = await (await fetch(`${api.url}/`)).json()
  assert.equal(answer, [null])
  await kernel.stop()
  assert.equal(seen, ['around the start', 'around the start', undefined, undefined])
})

const file = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const tls = { key: file('localhost.key'), cert: file('localhost.cert') }

for (const [name, options, connect] of [
  ['plain', {}, RawClient.connect],
  ['tls', { tls }, RawClient.secure],
] as const) {
  for (const pipelined of [false, true]) {
    contexts(
      `${name}, ${pipelined ? 'pipelined' : 'one by one'}: a connection passes nothing on`,
      async () => {
        const api = http({ port: 0, ...options })
        const seen: unknown[] = []
        const enter = async ({ request }: { request: HttpRequest }, next: Next) => {
          seen.push(user.getStore())
          user.enterWith(`middleware of ${request.path}`)
          return next()
        }
        const handler = async ({ request }: { request: HttpRequest }) => {
          seen.push(user.getStore())
          user.enterWith(`handler of ${request.path}`)
          if (request.path !== '/sync') await turn()
          return request.text()
        }
        await serve(
          new Service()
            .on(api.post('/sync'), ({ request }) => {
              seen.push(user.getStore())
              user.enterWith('sync')
              return request.text()
            })
            .on(api.post('/:id'), handler, { use: [enter] }),
        )
        const client = await connect(portOf(api))
        const requests = ['/sync', '/a', '/sync', '/b', '/c'].map((path) =>
          requestText('POST', path, {}, path),
        )
        if (pipelined) client.send(Buffer.concat(requests))
        for (const request of requests) {
          if (!pipelined) client.send(request)
          await client.response()
        }
        client.destroy()
        const of = (path: string) => [undefined, `middleware of ${path}`]
        assert.equal(
          seen.toSorted(),
          [undefined, ...of('/a'), undefined, ...of('/b'), ...of('/c')].toSorted(),
        )
      },
    )
  }
}

contexts('requests that are given up leave the mailbox at once', async () => {
  const api = http({ port: 0 })
  let handled = 0
  let finish = () => {}
  const kernel = await serve(
    new Service().on(
      api.get('/'),
      async () => {
        handled++
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        return 'done'
      },
      { concurrency: 1 },
    ),
  )
  let received = 0
  let settled = 0
  kernel.bus.on('received', () => void received++)
  kernel.bus.on('settled', () => void settled++)
  const first = await RawClient.connect(portOf(api))
  first.send(requestText('GET', '/'))
  await until(() => handled === 1)
  const others = await Promise.all(Array.from({ length: 50 }, () => RawClient.connect(portOf(api))))
  for (const client of others) client.send(requestText('GET', '/'))
  await until(() => received === 51)
  for (const client of others) client.destroy()
  await until(() => settled === 50)
  finish()
  assert.is((await first.response()).text, 'done')
  assert.is(handled, 1)
  first.destroy()
})

contexts.run()
