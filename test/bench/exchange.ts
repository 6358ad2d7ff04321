/** A request, and what every server must answer to it. */
export interface Exchange {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** JSON text. */
  readonly body?: string
  readonly status: number
  /** Of the answer. Errors are worded by each server as it likes: of these only the status counts. */
  readonly contentType?: string
  readonly answer?: string
}

/** The request as it goes over the wire. */
export function requestBytes({ method, path, body }: Exchange): Buffer {
  const content = body === undefined ? '' : contentFields(body)
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n${content}`
  return Buffer.from(`${head}\r\n${body ?? ''}`)
}

function contentFields(body: string): string {
  return `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
}

/** Rejects when the server answers anything else: only what does the same work may be compared. */
export async function check(server: string, port: number, exchange: Exchange): Promise<void> {
  const { method, path, body, status, contentType, answer } = exchange
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  })
  const actual = [response.status, response.headers.get('content-type'), await response.text()]
  const expected = [status, contentType, answer]
  for (const [index, value] of expected.entries()) {
    if (value !== undefined && value !== actual[index])
      throw new Error(
        `${server} answers ${method} ${path} with ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
      )
  }
}

/**
 * The length of the first answer in some bytes that came over the wire; undefined while it is not complete. Throws for
 * an answer that is no 200, or does not say its length.
 */
export function answerLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const [, contentLength] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? []
  if (!head.startsWith('HTTP/1.1 200 ') || contentLength === undefined)
    throw new Error(`the server answers ${JSON.stringify(head)}`)
  const length = end + 4 + Number(contentLength)
  return bytes.length < length ? undefined : length
}
