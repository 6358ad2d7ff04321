/** RabbitMQ's direct reply-to names the channel that waits: a process of Erlang, and a key. */
const direct = 'amq.rabbitmq.reply-to.'

/**
 * Whether a reply can be sent there. RabbitMQ ends the connection when it cannot read which process a direct reply-to
 * names, so one that somebody has made up must not be used. The format is that of Erlang's external terms.
 */
export function isReplyAddress(queue: string): boolean {
  if (!queue.startsWith(direct)) return queue !== ''
  const [process = '', ...key] = queue.slice(direct.length).split('.')
  const isBase64 = /^[A-Za-z\d+/]+={0,2}$/.test(process) && process.length % 4 === 0
  return key.length === 1 && isBase64 && isPid(Buffer.from(process, 'base64'))
}

/** 131, then NEW_PID_EXT or PID_EXT: the name of the node as an atom, and 12 or 9 bytes. */
function isPid(term: Buffer): boolean {
  const [version, type, atom] = term
  const numbers = type === 88 ? 12 : 9
  if (version !== 131 || (type !== 88 && type !== 103) || term.length < 6) return false
  if (atom === 119 || atom === 115) return term.length === 4 + term.readUInt8(3) + numbers
  return (atom === 118 || atom === 100) && term.length === 5 + term.readUInt16BE(3) + numbers
}
