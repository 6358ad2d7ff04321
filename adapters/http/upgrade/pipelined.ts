import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * node keeps here the response that is being sent on a socket; its types leave it out. Where a node keeps it elsewhere, no
 * answer is waited for, as node itself does not.
 */
type AnsweringSocket = Socket & { readonly _httpMessage?: ServerResponse | null }

/**
 * Calls `then` when the requests that came before on a connection have been answered: at once when none is left, never
 * when the socket closes first. It is for a socket that node's parser has given up because of an upgrade; the answers
 * still go out on it, in order.
 */
export function afterAnswers(socket: AnsweringSocket, then: () => void): void {
  if (!socket._httpMessage) return then()
  // node has taken off its listener that has a response go on, and its next resume() would lose what has come.
  socket.on('drain', goOn).on('readable', hold)
  const next = () => {
    // node puts the following answer on the socket before this listener is called.
    if (socket._httpMessage) return void socket._httpMessage.once('finish', next)
    socket.off('drain', goOn).off('readable', hold)
    // That of an idle connection, which this one is no longer.
    socket.setTimeout(0)
    // node may have stopped reading, because of how much waited to be sent.
    socket._read(0)
    then()
  }
  next()
}

function goOn(this: AnsweringSocket): void {
  const answer = this._httpMessage
  if (answer?.writableNeedDrain) answer.emit('drain')
}

/** What has come stays in the socket until somebody reads it. */
function hold(): void {}
