import { createServer } from 'node:http'
import { report } from '../report.mjs'

const server = createServer((request, response) => {
  const isHello = request.method === 'GET' && request.url === '/hello'
  const body = isHello ? 'hello world' : 'Not Found'
  response.writeHead(isHello ? 200 : 404, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => report({ port: server.address().port }))
