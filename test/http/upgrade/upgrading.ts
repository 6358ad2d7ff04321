import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { Service } from 'tomodachi'
import { type HttpOptions, http } from 'tomodachi/http'
import { RawClient } from '../raw-client.ts'
import { logged, serve, until } from '../serving.ts'

export const wish = (protocol: string, connection = 'Upgrade') => ({
  Connection: connection,
  Upgrade: protocol,
})

const pieces = Array.from({ length: 4 }, () => Buffer.alloc(300_000, 'x'))
export const text = 'x'.repeat(100_000)

const file = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
export const tls = { key: file('localhost.key'), cert: file('localhost.cert') }

/** `/:name` says its name; `/slow` waits to be released; `/large` and `/text` send more than waits in memory. */
export async function serving(options: HttpOptions = {}) {
  const records = logged()
  const api = http({ port: 0, ...options })
  const waiting: (() => void)[] = []
  api.upgrade('twice', '/twice', async ({ socket, head }) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: twice\r\nConnection: Upgrade\r\n\r\n')
    socket.write(`${head}${head}`)
    // What comes until then is kept, as node promises.
    await sleep(20)
    socket.on('data', (bytes) => socket.write(`${bytes}${bytes}`))
  })
  api.upgrade('never', '/never', ({ refuse }) => refuse(403))
  await serve(
    new Service()
      .on(api.get('/slow'), async ({ signal }) => {
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          signal.addEventListener('abort', () => resolve())
        })
        return 'slow'
      })
      .on(api.get('/text'), () => text)
      .on(api.get('/large'), () => Readable.from(pieces))
      .on(api.get('/:name'), async ({ params }) => params.name)
      .on(api.post('/:name'), async ({ params, request }) => `${params.name} ${await request.text()}`),
  )
  const release = async () => {
    await until(() => waiting.length > 0)
    waiting.shift()?.()
  }
  return { api, waiting, release, records }
}

export async function connected(api: { readonly url: string }): Promise<RawClient> {
  const { port, protocol } = new URL(api.url)
  const client = await RawClient[protocol === 'https:' ? 'secure' : 'connect'](Number(port))
  client.socket.setNoDelay(true)
  return client
}

/** Texts of the next responses. */
export async function texts(client: RawClient, count: number): Promise<string[]> {
  const received: string[] = []
  while (received.length < count) received.push((await client.response()).text)
  return received
}
