// A server that reads everything which inputs of a fuzz run can hold, and tells what it takes of memory and handles.
import { fileURLToPath } from 'node:url'
import { configureLogging, run, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { websocket } from 'tomodachi/websocket'
import { formats } from '../fuzz/formats.ts'
import type { Measure } from '../fuzz/target.ts'

configureLogging({ level: 'error', logger: 'disabled' })
const api = http({ port: 0, host: '127.0.0.1', realIpFrom: '127.0.0.1' })
const plain = websocket(api, { name: 'plain' })
const compressed = websocket(api, { name: 'compressed', compression: true })
const folder = fileURLToPath(new URL('../../fixtures/tls', import.meta.url))

const echo = ({ socket }: { readonly socket: { send(message: string | Buffer): unknown } }) => ({
  message: async (data: string | Buffer) => {
    await socket.send(data)
  },
  close: () => {},
})

const service = new Service({ name: 'fuzzed' })
  .on(plain.path('/plain'), echo)
  .on(compressed.path('/chat'), echo)
  .on(api.files('/files', folder), ({ send }) => send())
  .on(
    api.route(['GET', 'POST', 'PUT', 'OPTIONS'], /^\/any(?:\/(?<rest>.*))?$/),
    async ({ request, query, params }) => {
      const text = await request.text()
      return {
        body: JSON.stringify([
          params,
          query,
          { ...request.cookies },
          request.ip,
          request.authUser,
          text.length,
        ]),
      }
    },
  )
  .on(api.post('/form'), async ({ request }) => String([...(await request.formData()).keys()].length))
  .on(api.post('/parse/:format'), async ({ request, params }) => {
    const payload = await request.bytes()
    try {
      formats[params.format]?.parse(payload, { 'content-type': request.headers['content-type'] })
      return 'parsed'
    } catch (error) {
      // What is not of a format is refused with an error.
      return error instanceof Error ? 'refused' : [500, 'no error was thrown']
    }
  })
  .on(api.get('/alive'), () => 'alive')

const kernel = await run(service)
process.once('disconnect', () => process.exit(1))
process.on('message', () => process.send?.(measure()))
process.send?.(Number(new URL(api.url).port))

function measure(): Measure {
  global.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  // Sockets, timers and the like, without the channel to the run.
  return { heap: heapUsed, rss, handles: process.getActiveResourcesInfo().length, isReady: kernel.ready }
}
