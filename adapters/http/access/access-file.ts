import { createWriteStream, type WriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { jsonLogLine } from '../../../kernel/adapter-kit.ts'
import { getLogger, TomodachiError } from '../../../kernel/index.ts'

/** Bytes that may wait for the disk. Lines beyond that are dropped and counted: requests matter more than their log. */
const patience = 16 * 1_024 ** 2

/** Appends lines of JSON to a file, one for each request. */
export interface AccessFile {
  write(message: string, fields: Readonly<Record<string, unknown>>): void
  /** Resolves when everything has been written and the file is closed. */
  close(): Promise<void>
}

/** Opens the file, or creates it. Rejects with `OPTION_INVALID` when it cannot be written to. */
export async function openAccessFile(path: string, logger: string): Promise<AccessFile> {
  const log = getLogger('tomodachi.http')
  const handle = await open(path, 'a').catch((error: NodeJS.ErrnoException) => {
    const expected = `true, false or the path of a file that can be written to (${error.code})`
    throw new TomodachiError('OPTION_INVALID', { option: 'http.accessLog', expected, actual: path })
  })
  let stream: WriteStream | undefined = createWriteStream(path, { fd: handle })
  let dropped = 0
  stream.on('error', (error) => {
    stream = undefined
    log.error('the access log can no longer be written', { path, error })
  })
  return {
    write(message, fields) {
      if (stream === undefined || stream.writableLength > patience) dropped++
      else stream.write(`${jsonLogLine(logger, 'info', message, fields)}\n`)
    },
    async close() {
      if (dropped > 0) log.warn('the access log has lost lines', { path, dropped })
      if (stream === undefined) return
      const ending = stream
      await new Promise<void>((resolve) => ending.once('close', resolve).end())
    },
  }
}
