import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { type Http, HttpError, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { accessLines, ask, errorsIn, type Logged, logged, portOf, serve, stopAll, until } from '../serving.ts'

const disconnect = suite('http disconnect')

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
disconnect.before(() => {
  process.on('unhandledRejection', note).on('uncaughtException', note)
})
disconnect.after.each(async () => {
  await stopAll()
  assert.equal(stray.splice(0), [])
})

let steps: string[] = []

/** GET /slow works on for 150 ms after the client has gone, whatever its signal says. */
async function serving(): Promise<Http> {
  steps = []
  const api = http({ port: 0 })
  await serve(
    new Service()
      .on(api.get('/slow'), async ({ signal }) => {
        steps.push('started')
        signal.addEventListener('abort', () => steps.push(`aborted: ${signal.reason.message}`))
        await sleep(150)
        steps.push('done')
        return 'slow'
      })
      .on(api.get('/obeys'), async ({ signal }) => {
        steps.push('started')
        await sleep(5_000, undefined, { signal })
      })
      .on(api.get('/throws'), async ({ signal }) => {
        steps.push('started')
        if (!signal.aborted) await once(signal, 'abort')
        steps.push('thrown')
        throw new HttpError(409)
      })
      .on(api.get('/fast'), ({ signal }) => String(signal.aborted)),
  )
  return api
}

/** Connects, asks for the path, and goes away as soon as the handler has started. */
async function leaving(api: Http, path: string): Promise<void> {
  const client = await RawClient.connect(portOf(api))
  client.send(requestText('GET', path))
  await until(() => steps.includes('started'))
  client.destroy()
}

/** Of each line of the access log, the status, and the one that it replaces. */
function told(records: readonly Logged[]): unknown[] {
  return accessLines(records).map((line) => [line.status_code, line.replaced_status_code])
}

disconnect('a request whose handler has not started when its client goes never starts', async () => {
  const records = logged()
  const api = http({ port: 0 })
  const order: string[] = []
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const handler = async ({ params }: { params: { id: string } }) => {
    order.push(params.id)
    await released
  }
  const kernel = await serve(new Service().on(api.get('/:id'), handler, { concurrency: 1 }))
  let received = 0
  kernel.bus.on('received', () => void received++)
  const [first, second] = [await RawClient.connect(portOf(api)), await RawClient.connect(portOf(api))]
  first.send(requestText('GET', '/1'))
  await until(() => order.length === 1)
  second.send(requestText('GET', '/2'))
  await until(() => received === 2)
  second.destroy()
  await until(() => accessLines(records).length === 1)
  release()
  assert.is((await first.response()).status, 200)
  first.destroy()
  await until(() => accessLines(records).length === 2)
  assert.equal(told(records), [
    [499, undefined],
    [200, undefined],
  ])
  assert.equal(order, ['1'])
})

disconnect('the signal aborts, the handler runs to its end, 499 is logged once', async () => {
  const records = logged()
  await leaving(await serving(), '/slow')
  await until(() => steps.includes('done'))
  assert.equal(steps, ['started', 'aborted: the client closed the connection', 'done'])
  await until(() => accessLines(records).length > 0)
  assert.equal(told(records), [[499, 200]])
  assert.equal(errorsIn(records), [])
})

disconnect('a stop waits for the handler whose client has gone', async () => {
  await leaving(await serving(), '/slow')
  await until(() => steps.length > 1)
  await stopAll()
  assert.is(steps.at(-1), 'done')
})

disconnect('what the handler throws because of the signal is no failure', async () => {
  const records = logged()
  await leaving(await serving(), '/obeys')
  await until(() => accessLines(records).length > 0)
  await stopAll()
  assert.equal(errorsIn(records), [])
  assert.equal(told(records), [[499, undefined]])
})

disconnect('what a handler throws after its client has gone is no failure', async () => {
  const records = logged()
  await leaving(await serving(), '/throws')
  await until(() => accessLines(records).length > 0)
  await stopAll()
  assert.equal(told(records), [[499, 409]])
  assert.equal(errorsIn(records), [])
})

disconnect('a signal does not abort when all goes well, nor for the next request', async () => {
  const api = await serving()
  const client = await RawClient.connect(portOf(api))
  for (const path of ['/slow', '/fast']) client.send(requestText('GET', path))
  assert.is((await client.response()).text, 'slow')
  assert.is((await client.response()).text, 'false')
  client.destroy()
  assert.is((await ask(api, 'GET', '/fast')).text, 'false')
  assert.equal(steps, ['started', 'done'])
})

disconnect('a client that sends ahead and goes away ends all that it asked for', async () => {
  const records = logged()
  const api = await serving()
  const client = await RawClient.connect(portOf(api))
  for (let index = 0; index < 3; index++) client.send(requestText('GET', '/slow'))
  await until(() => steps.filter((step) => step === 'started').length === 3)
  client.destroy()
  await until(() => accessLines(records).length === 3)
  assert.is(steps.filter((step) => step.startsWith('aborted')).length, 3)
  assert.equal(
    told(records),
    Array.from({ length: 3 }, () => [499, 200]),
  )
})

disconnect('answers to requests that were sent ahead come in order', async () => {
  const api = await serving()
  const client = await RawClient.connect(portOf(api))
  client.send(Buffer.concat(['/slow', '/fast', '/unknown', '/fast'].map((path) => requestText('GET', path))))
  const answers: string[] = []
  for (let index = 0; index < 4; index++) answers.push((await client.response()).text)
  assert.equal(answers, ['slow', 'false', 'Not Found', 'false'])
  client.destroy()
})

disconnect('a client that closes its side only is taken for gone too, as node:http does', async () => {
  const records = logged()
  const api = await serving()
  const client = await RawClient.connect(portOf(api))
  client.socket.end(requestText('GET', '/slow'))
  await client.closed
  await until(() => steps.includes('done'))
  await until(() => accessLines(records).length > 0)
  assert.equal(told(records), [[499, 200]])
})

disconnect.run()
