import { type ReadStream, statSync } from 'node:fs'
import { access, constants, realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import {
  type HandledSource,
  optionShape,
  resolveOption,
  resolveOptions,
  type ShapesOf,
} from '../../../kernel/adapter-kit.ts'
import { HttpError } from '../reply/http-error.ts'
import type { HttpReply } from '../reply/reply.ts'
import type { HttpRequest, Query } from '../request/request.ts'
import { hasEncodedSeparator } from '../request/target.ts'
import { fileRequest, settleRange } from './file-conditions.ts'
import type { ParamsOf } from './params.ts'
import { ignoreLoggingOption } from './route-options.ts'
import { type HttpGiven, type HttpSource, routeSource } from './source.ts'
import { pathIn, type View } from './view.ts'

/** How the files of a folder are served. */
export interface FilesOptions {
  /** Name of the file that is served for its folder, such as `index.html`. Default: none; a request for a folder gets 404. */
  readonly index?: string | undefined
  /** Value of `Cache-Control` (RFC 9111), such as `public, max-age=3600`. Default: none; browsers then revalidate. */
  readonly cacheControl?: string | undefined
  /**
   * Keeps requests of these files out of the access log: `true` for all, or a list of statuses for those answered with
   * one of them.
   */
  readonly ignoreLogging?: boolean | readonly number[] | undefined
}

/** What a handler of files is given. `({ send }) => send()` is enough. */
export interface FilesGiven<Path extends string | RegExp = string> {
  readonly request: HttpRequest
  readonly params: ParamsOf<Path>
  readonly query: Query
  /** Path of the requested file below the folder, percent-decoded. */
  readonly filename: string
  /**
   * Makes the reply with the file; the handler returns it, and may add headers of its own. It honours ranges,
   * conditions and HEAD (RFC 9110). Rejects with an `HttpError`: 404 if the file does not exist below the folder, 403
   * if it may not be read, 412 and 416 for conditions and ranges that cannot be met.
   */
  send(): Promise<FileReply>
}

/** A file, the answer that it has not changed, or a redirect to its folder. */
export interface FileReply {
  readonly status: number
  readonly body: Readable | undefined
  readonly headers: Readonly<Record<string, string | number>>
}

const text = (expected: string, fits: (value: string) => boolean) =>
  optionShape<string | undefined>(undefined, expected, (value) =>
    typeof value === 'string' && fits(value) ? value : undefined,
  )

const shapes = {
  index: text('the name of a file, such as "index.html"', isPlain),
  cacheControl: text('the value of a header', (value) => /^[\t\x20-\x7e]+$/.test(value)),
  ignoreLogging: ignoreLoggingOption,
} satisfies ShapesOf<FilesOptions>

/** Names that other servers have for these options. */
const renamed = { maxAge: 'cacheControl' }

/** Where `url` and `dir` stand. */
const place = { owner: 'http', path: '' }

const urlShape = optionShape<string | RegExp>(
  '',
  'a path such as "/static", or a RegExp with a group named filename',
  (value) =>
    typeof value === 'string' || (value instanceof RegExp && value.source.includes('(?<filename>'))
      ? value
      : undefined,
)

/** Its path, once it is resolved. */
const dirShape = optionShape<string>('', 'an existing folder, as a path or a file URL', (value) => {
  if (typeof value !== 'string' && !(value instanceof URL && value.protocol === 'file:')) return undefined
  const path = typeof value === 'string' ? resolve(value) : fileURLToPath(value)
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : undefined
})

interface Folder {
  readonly path: string
  readonly index: string | undefined
  readonly cacheControl: string | undefined
}

/**
 * Makes the source of the files below a folder. `url` is the path in front of them, or a path with a parameter (or a
 * group) `filename`; `dir` is a path, relative to the working directory, or a file URL. Throws `OPTION_INVALID`.
 */
export function filesSource(
  view: View,
  url: string | RegExp,
  dir: string | URL,
  options: FilesOptions,
): HttpSource & HandledSource<HttpGiven, HttpReply> {
  const { index, cacheControl, ignoreLogging } = resolveOptions('http.files', options, shapes, { renamed })
  const path = resolveOption(place, 'files(dir)', dir, dirShape)
  const folder: Folder = { path, index, cacheControl }
  const own = resolveOption(place, 'files(url)', url, urlShape)
  const pattern = pathIn(view, 'files(url)', pathOf(own))
  const param = hasFilename(own) ? 'filename' : '*'
  return {
    ...routeSource({ ...view, prefix: '' }, 'files', ['GET'], pattern, { ignoreLogging }),
    // With what `prepare` adds.
    fill: Object.assign,
    prepare: (given) => prepare(given as unknown as Prepared, param, folder),
    handle: (given) => (given as unknown as Prepared).send(),
  }
}

interface Prepared {
  readonly request: HttpRequest
  readonly params: Readonly<Record<string, string | undefined>>
  filename: string
  send(): Promise<FileReply>
}

/** `param` is the one that has the path of the file. */
function prepare(given: Prepared, param: string, folder: Folder): void {
  const { request, params } = given
  const filename = params[param] ?? ''
  given.filename = filename
  given.send = () => sendFile(request, filename, folder)
}

/** The pattern of the route; a plain path stands for everything below it. */
function pathOf(url: string | RegExp): string | RegExp {
  if (url instanceof RegExp || hasFilename(url) || url.endsWith('*')) return url
  return `${url.replace(/\/$/, '')}/*`
}

function hasFilename(url: string | RegExp): boolean {
  return url instanceof RegExp || /:filename(?![^(./-])/.test(url)
}

/**
 * Whether every part of a path names something that is not hidden, and can be read in one way only: without encoded separators,
 * and without a dot or space at its end, which Windows drops. The last part may be empty: a folder.
 */
function isPlain(filename: string): boolean {
  return !/[\0\\]|(^|\/)\.|^\/|\/\/|[. ](\/|$)|%(25)*(2f|5c|2e|00)/i.test(filename)
}

async function sendFile({ raw }: HttpRequest, filename: string, folder: Folder): Promise<FileReply> {
  if (!isPlain(filename) || hasEncodedSeparator(raw.url as string)) throw new HttpError(404)
  const { type, status, headers, body } = await found(raw, filename, folder).catch((error: unknown) => {
    throw errorOf(error)
  })
  if (type === 'directory') return redirect(raw.url as string, filename, folder)
  if (folder.cacheControl !== undefined) headers['Cache-Control'] = folder.cacheControl
  // RFC 9110, 15.4.5: a 304 has no fields about its content.
  if (status === 304) delete headers['Accept-Ranges']
  else headers['Accept-Ranges'] = 'bytes'
  if (raw.method === 'HEAD' || status === 304) return { status, headers, body: undefined }
  // For a file that became shorter, the client would read the missing bytes from the next answer.
  body.once('end', () => {
    if ((body as ReadStream).bytesRead < Number(headers['Content-Length'])) raw.socket.destroy()
  })
  return { status, headers, body }
}

/** What the library finds. It decodes the path that it gets, so a decoded one is encoded again. */
async function found(raw: HttpRequest['raw'], filename: string, folder: Folder) {
  const { default: send } = await import('@fastify/send')
  const path = filename.split('/').map(encodeURIComponent).join('/')
  const request = fileRequest(raw)
  const result = await send(request as typeof raw, `/${path}`, {
    root: folder.path,
    // RFC 9110, 14.2: ranges are for GET alone.
    acceptRanges: raw.method === 'GET',
    index: folder.index ?? false,
    cacheControl: false,
    onFile: async (file, stats) => {
      await checkFile(folder.path, file)
      settleRange(request, stats)
    },
  })
  const { type, statusCode: status, headers, stream: body, metadata } = result
  if (type === 'directory') await checkInside(folder.path, metadata.path)
  if (type !== 'error') return { type, status, headers, body }
  if ('code' in metadata.error || status >= 500) throw metadata.error
  // The library forbids a folder without an index; here that is a file that does not exist.
  throw new HttpError(status === 403 ? 404 : status, undefined, {
    headers: { 'Content-Range': headers['Content-Range'] },
  })
}

/** Resolves with the real path. Throws for a link that leads out of the folder. */
async function checkInside(folder: string, path: string): Promise<string> {
  const [root, target] = await Promise.all([realpath(folder), realpath(path)])
  if (target !== root && !target.startsWith(root.endsWith(sep) ? root : root + sep)) throw new HttpError(404)
  return target
}

/** Checks that it is a readable file within the folder: reading a pipe would wait forever. */
async function checkFile(folder: string, path: string): Promise<void> {
  const target = await checkInside(folder, path)
  if (!(await stat(target)).isFile()) throw new HttpError(404)
  await access(target, constants.R_OK)
}

/** Redirects to the folder's own URL, or links in its index would lead elsewhere. It is relative, so it cannot leave this site. */
function redirect(url: string, filename: string, { index }: Folder): FileReply {
  const [path = '', ...query] = url.split('?')
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (index === undefined || name === '' || !filename.endsWith(decodeURIComponent(name)))
    throw new HttpError(404)
  return { status: 301, body: undefined, headers: { Location: `./${[`${name}/`, ...query].join('?')}` } }
}

/** Codes with which the file system says that there is no such file, or that it may not be read. */
const refusals: Readonly<Record<string, number>> = {
  ...{ ENOENT: 404, ENOTDIR: 404, ENAMETOOLONG: 404, ELOOP: 404, EINVAL: 404 },
  ...{ EACCES: 403, EPERM: 403 },
}

function errorOf(error: unknown): unknown {
  const status = refusals[(error as NodeJS.ErrnoException).code ?? '']
  return status === undefined ? error : new HttpError(status, undefined, { cause: error })
}
