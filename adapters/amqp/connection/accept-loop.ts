import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** The class of amqplib that reads frames; its types do not mention it. */
interface FrameReader {
  acceptLoop?(): void
}

const deferred = new WeakSet<FrameReader>()

/**
 * Makes amqplib read what follows the broker's open-ok after it has handed out the connection. Otherwise a frame that
 * comes in the same packet, such as connection.close, is an error that nobody can listen to yet, and it ends the process.
 */
export function deferAcceptLoop(): void {
  const require = createRequire(import.meta.url)
  const amqplib = createRequire(require.resolve('rascal')).resolve('amqplib')
  const { Connection } = require(join(dirname(amqplib), 'lib', 'connection.js')) as {
    readonly Connection: { readonly prototype: FrameReader }
  }
  const { prototype } = Connection
  const { acceptLoop } = prototype
  if (!acceptLoop || deferred.has(prototype)) return
  deferred.add(prototype)
  prototype.acceptLoop = function () {
    setImmediate(() => acceptLoop.call(this))
  }
}
