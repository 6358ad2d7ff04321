// A program that opens connections which never bring a whole request: `half-open-clients.ts <port> <count>`. It writes
// one line of JSON when all are open, and one when all have ended.
import { connect } from 'node:net'

const [port, count] = process.argv.slice(2).map(Number) as [number, number]

/** What the connections send, in turn; the first kind nothing at all. */
const beginnings = [
  '',
  'GET / HTT',
  'GET / HTTP/1.1\r\nHost: x\r\nX-A: ',
  'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf a body',
]
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

const statuses: Record<string, number> = {}
let ended = 0

function open(index: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      received ||= `  ${error.code}`
    })
    socket.once('connect', () => {
      socket.write(beginnings[index % beginnings.length] as string)
      resolve()
    })
    socket.once('close', () => {
      const status = received.split(' ', 3)[1] ?? 'nothing'
      statuses[status] = (statuses[status] ?? 0) + 1
      if (++ended === count) say({ statuses })
      resolve()
    })
  })
}

// Fewer at a time than wait to be accepted.
const atOnce = 250
for (let index = 0; index < count; index += atOnce) {
  await Promise.all(Array.from({ length: Math.min(atOnce, count - index) }, (_, more) => open(index + more)))
}
say({ open: count - ended })
