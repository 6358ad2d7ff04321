// An adapter of your own: each line that comes in over TCP is an envelope, and its settlement is the line that goes
// back. Kernel, lifecycle, middleware, concurrency, drain and logs come with it.
// Run it: npx tomodachi run examples/05-custom-adapter.ts
// Try it: nc 127.0.0.1 9701
// Type a few lines.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type Adapter, Service, type Source } from 'tomodachi'
import type { Actor, Deliver } from 'tomodachi/adapter-kit'
import { Envelope } from 'tomodachi/envelopes'

interface LineGiven {
  readonly line: string
}

function lines({ port }: { readonly port: number }) {
  let server: Server | undefined
  const sockets = new Set<Socket>()

  function serve(socket: Socket, actor: Actor, deliver: Deliver) {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    createInterface({ input: socket }).on('line', (line) => {
      // A settlement says how it ended; only one that is acked has a reply.
      deliver(new Envelope(actor.address, { line }), (settlement) => {
        const answer =
          settlement.state === 'acked' ? String(settlement.reply ?? '') : `! ${settlement.reason}`
        if (socket.writable) socket.write(`${answer}\n`)
      })
    })
  }

  const adapter: Adapter = {
    name: 'lines',
    async start({ actors: [actor], deliver }) {
      if (!actor) return
      server = createServer((socket) => serve(socket, actor, deliver))
      await new Promise<void>((resolve, reject) => {
        server?.once('error', reject).listen(port, '127.0.0.1', resolve)
      })
    },
    async pause() {
      server?.close()
      for (const socket of sockets) socket.pause()
    },
    async close() {
      for (const socket of sockets) socket.end()
      await new Promise((resolve) => (server?.listening ? server.close(resolve) : resolve(undefined)))
      server = undefined
    },
    get endpoints() {
      const address = server?.address() as AddressInfo | null | undefined
      return address ? [`tcp://127.0.0.1:${address.port}`] : []
    },
  }

  return {
    /** Every line; what the handler returns is sent back. */
    line: (): Source<LineGiven, string | undefined> => ({
      adapter,
      transport: 'lines',
      address: 'line',
      use: [],
    }),
  }
}

const tcp = lines({ port: Number(process.env.PORT ?? 9701) })

export default new Service({ name: 'shout' }).on(tcp.line(), ({ line, log }) => {
  log.info('heard', { characters: line.length })
  return line.toUpperCase()
})
