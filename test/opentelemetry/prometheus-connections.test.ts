import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Kernel, Service } from 'tomodachi'
import { opentelemetry } from 'tomodachi/opentelemetry'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { logged } from '../http/serving.ts'
import { until } from '../until.ts'

const connections = suite('opentelemetry: connections of prometheus')

async function running() {
  const telemetry = opentelemetry({ traces: false, prometheus: { host: '127.0.0.1', port: 0 } })
  const kernel = await new Kernel([new Service({ adapters: [telemetry] })], { ownsProcess: false }).start()
  return { kernel, url: new URL(telemetry.endpoints?.[0] as string) }
}

/** Asks for something on a connection; resolves with whether it was answered before the connection was closed. */
async function answered(socket: Socket): Promise<boolean> {
  socket.on('error', () => undefined).write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  return Promise.race([once(socket, 'data').then(() => true), once(socket, 'close').then(() => false)])
}

connections('a client that keeps all connections does not keep others out', async () => {
  const records = logged()
  const { kernel, url } = await running()
  const open = () => connect(Number(url.port), url.hostname)
  const kept = Array.from({ length: 100 }, open)
  assert.ok((await Promise.all(kept.map(answered))).every(Boolean))
  const others: Socket[] = []
  await until(() => {
    const other = open()
    others.push(other)
    return answered(other)
  })
  const warnings = records.filter(({ level }) => level === 'warning')
  assert.equal(
    warnings.map(({ message }) => message),
    ['the endpoint for Prometheus closes idle connections: it has too many'],
  )
  for (const socket of [...kept, ...others]) socket.destroy()
  await kernel.stop()
})

connections('a connection that cannot be accepted is a warning', async () => {
  const records = logged()
  const { kernel, url } = await running()
  const begun = channel('http.server.request.start')
  const servers: Server[] = []
  const note = (message: unknown) => void servers.push((message as { readonly server: Server }).server)
  begun.subscribe(note)
  await (await fetch(url)).text()
  begun.unsubscribe(note)
  servers[0]?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }))
  const warnings = records.filter(({ level }) => level === 'warning')
  assert.equal(
    warnings.map(({ message, fields }) => [message, fields.error.message]),
    [['the endpoint for Prometheus could not accept', 'accept EMFILE']],
  )
  assert.is((await fetch(url)).status, 200)
  await kernel.stop()
})

connections.run()
