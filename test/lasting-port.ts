import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A free port that a listener can leave and come back to. It is none of those that the system gives away by itself
 * (RFC 6335, 6): meanwhile another process might get one, or a client that connects to it over and over, itself.
 */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
