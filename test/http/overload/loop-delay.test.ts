// time limit: 120 s
import { type Duration, Service } from 'tomodachi'
import { http, type OverloadOptions, type Shed, shed } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { ask, portOf, serve, stopAll, until } from '../serving.ts'

const loopDelay = suite('http overload by event-loop delay')
loopDelay.after.each(stopAll)

/** `/block?500` keeps the event loop for 500 ms. */
async function serving(overload: OverloadOptions | undefined) {
  const api = http({ port: 0, overload })
  const kernel = await serve(
    new Service()
      .on(api.get('/block'), ({ request }) => {
        const end = performance.now() + Number(request.url.split('?')[1])
        while (performance.now() < end);
        return 'blocked'
      })
      .on(api.get('/live', { shed: false }), () => 'live')
      .on(api.get('/'), () => 'next'),
  )
  return { api, kernel }
}

/** Sends requests at once, the first of which blocks. Resolves with the statuses. */
async function behindBlock(port: number, milliseconds: number, ...paths: string[]): Promise<number[]> {
  const clients = await Promise.all([0, ...paths].map(() => RawClient.connect(port)))
  // The server has accepted them all.
  for (const client of clients) await client.send(requestText('GET', '/live')).response()
  const sent = [`/block?${milliseconds}`, ...paths]
  for (const [index, client] of clients.entries()) client.send(requestText('GET', sent[index] as string))
  const answers = await Promise.all(clients.map((client) => client.response()))
  for (const client of clients) client.destroy()
  return answers.map(({ status }) => status)
}

loopDelay('requests that have waited too long for the event loop are shed, others are not', async () => {
  const { api, kernel } = await serving({ maxEventLoopDelay: '500ms', retryAfter: '7s' })
  const told: Shed[] = []
  kernel.bus.on(shed, (event) => void told.push(event))
  assert.is((await ask(api, 'GET', '/')).status, 200)
  assert.equal(await behindBlock(portOf(api), 2_000, '/', '/live', '/'), [200, 503, 200, 503])
  assert.equal(
    told.map(({ reason }) => reason),
    ['maxEventLoopDelay', 'maxEventLoopDelay'],
  )
  await until(async () => (await ask(api, 'GET', '/')).status === 200, 'requests are served again')
  assert.ok(kernel.ready)
})

loopDelay('without the option they wait', async () => {
  const { api } = await serving(undefined)
  assert.equal(await behindBlock(portOf(api), 1_000, '/', '/live'), [200, 200, 200])
})

loopDelay('one slow piece of work is no overload', async () => {
  // On a busy machine requests may wait for longer than we block; then it says nothing, and is tried again.
  for (let isTold = false; !isTold; await stopAll()) {
    const { api } = await serving({ maxEventLoopDelay: '20ms' })
    const begunAt = performance.now()
    const statuses = await behindBlock(portOf(api), 50, '/', '/')
    isTold = performance.now() - begunAt < 120
    if (isTold) assert.equal(statuses, [200, 200, 200])
  }
})

loopDelay('the clock is watched while the server runs, and only with the option', async () => {
  const { setInterval, clearInterval } = globalThis
  const watching = new Set<unknown>()
  const interval = (limit: Duration | undefined) =>
    serving(limit === undefined ? undefined : { maxEventLoopDelay: limit })
  globalThis.setInterval = ((then: () => void, milliseconds?: number) => {
    const timer = setInterval(then, milliseconds)
    if (milliseconds === 11) watching.add(timer)
    return timer
  }) as typeof setInterval
  globalThis.clearInterval = (timer) => {
    watching.delete(timer)
    clearInterval(timer)
  }
  try {
    for (const [limit, timers] of [
      ['55ms', 1],
      [undefined, 0],
    ] as const) {
      await interval(limit)
      assert.is(watching.size, timers)
      await stopAll()
      assert.is(watching.size, 0)
    }
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval })
  }
})

loopDelay.run()
