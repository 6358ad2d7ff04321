import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { getLogger } from '../../../kernel/index.ts'

/** The class of amqplib that reads frames; its types do not mention it. */
interface FrameReader {
  acceptLoop?(): void
}

/** The releases of amqplib that have it where it is looked for, as in package.json. */
const known = '^2.3.1'
const deferred = new WeakSet<FrameReader>()
let isTold = false

/**
 * Makes amqplib read what follows the broker's open-ok after it has handed out the connection. Otherwise a frame that
 * comes in the same packet, such as connection.close, is an error that nobody can listen to yet, and it ends the process.
 * Where the class cannot be found, everything else works without.
 */
export function deferAcceptLoop(): void {
  try {
    defer(frameReader())
  } catch (error) {
    if (isTold) return
    isTold = true
    const sentence = `this release of amqplib is not known; install amqplib@${known}, because with this one the process may end when the broker closes a connection while it opens`
    getLogger('tomodachi.amqp').warn(sentence, { error })
  }
}

function frameReader(): FrameReader {
  const require = createRequire(import.meta.url)
  const amqplib = createRequire(require.resolve('rascal')).resolve('amqplib')
  const { Connection } = require(join(dirname(amqplib), 'lib', 'connection.js')) as {
    readonly Connection: { readonly prototype: FrameReader }
  }
  return Connection.prototype
}

function defer(reader: FrameReader): void {
  const { acceptLoop } = reader
  if (typeof acceptLoop !== 'function') throw new TypeError('its connections have no acceptLoop')
  if (deferred.has(reader)) return
  deferred.add(reader)
  reader.acceptLoop = function () {
    setImmediate(() => acceptLoop.call(this))
  }
}
