import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Service } from 'tomodachi'
import { events, type Http, type HttpOptions, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { folderWith, removeFolders } from '../routing/folder.ts'
import { accessLines, ask, errorsIn, type Logged, logged, portOf, serve, stopAll, until } from '../serving.ts'

const stalls = suite('http clients that do not take their answer')
stalls.after.each(stopAll)
stalls.after(removeFolders)

const size = 30_000_000
const file = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/localhost.${name}.pem`, import.meta.url), 'utf8')
const tls = { key: file('key'), cert: file('cert') }

/** More than the buffers of both sides hold, in every way to answer. */
async function serving(options: HttpOptions): Promise<Http> {
  const api = http({ port: 0, ...options })
  const large = Buffer.alloc(size, 'x')
  await serve(
    new Service()
      .on(api.get('/bytes'), () => large)
      .on(api.get('/text'), () => large.toString())
      .on(api.get('/stream'), async function* () {
        for (;;) yield large.subarray(0, 100_000)
      })
      .on(api.get('/response'), () => new Response(large))
      .on(api.get('/events'), () =>
        events(async function* () {
          for (;;) yield { data: 'x'.repeat(100_000) }
        }),
      )
      .on(api.files('/files', folderWith({ 'large.bin': large })))
      .on(api.get('/late'), async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_000))
        return 'late'
      }),
  )
  return api
}

const cutOff = (records: readonly Logged[]) =>
  records.filter(({ message }) => message === 'a client was cut off')

for (const path of ['/bytes', '/text', '/stream', '/response', '/events', '/files/large.bin']) {
  for (const over of path === '/bytes' || path === '/stream' ? ['HTTP', 'TLS'] : ['HTTP']) {
    stalls(`whoever takes nothing of ${path} over ${over} is cut off`, async () => {
      const records = logged()
      const api = await serving({ sendTimeout: 400, ...(over === 'TLS' ? { tls } : {}) })
      const client = await (over === 'TLS' ? RawClient.secure : RawClient.connect)(portOf(api))
      client.socket.pause()
      client.send(requestText('GET', path))
      await until(() => cutOff(records).length > 0 && accessLines(records).length > 0)
      assert.equal(
        cutOff(records).map(({ level, fields }) => [level, fields.reason]),
        [['warning', 'it does not read what it is sent']],
      )
      assert.equal(errorsIn(records), [])
      client.destroy()
    })
  }
}

stalls('whoever takes a little at a time is waited for', async () => {
  const records = logged()
  const api = await serving({ sendTimeout: '2s' })
  const startedAt = performance.now()
  const socket = connect(portOf(api), '127.0.0.1')
  let taken = 0
  socket.on('data', ({ length }) => {
    taken += length
    socket.pause()
    setTimeout(() => socket.resume(), 10)
  })
  socket.write(requestText('GET', '/bytes', { Connection: 'close' }))
  await once(socket, 'end')
  assert.ok(taken > size)
  assert.ok(performance.now() - startedAt > 2_000)
  assert.equal(cutOff(records), [])
})

stalls('an answer that takes longer to be made than to be taken is waited for', async () => {
  const api = await serving({ sendTimeout: 200 })
  assert.is((await ask(api, 'GET', '/late')).text, 'late')
})

stalls.run()
