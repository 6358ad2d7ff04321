import { WebSocketServer } from 'ws'
import { collected } from '../memory.mjs'
import { report } from '../report.mjs'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })

server.on('connection', (socket) => {
  socket.on('error', () => {})
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
server.on('listening', () => report({ port: server.address().port }, { collected }))
