/** Most bytes of the head of a part: small fields cost far more than their bytes. */
const maxHead = 16_384

/**
 * Reads a form of the type multipart/form-data (RFC 7578) with up to `maxParts` parts. Throws an error that says what is wrong.
 */
export function parseMultipart(bytes: Buffer, boundary: string, maxParts: number): FormData {
  if (boundary === '') throw new Error('its content type names no boundary')
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const form = new FormData()
  let at = firstPart(bytes, delimiter)
  for (let parts = 0; !bytes.subarray(at, at + 2).equals(dashes); parts++) {
    if (parts === maxParts) throw new Error(`it has more than ${maxParts} parts`)
    const start = lineEnd(bytes, at)
    const headEnd = bytes.indexOf('\r\n\r\n', start - 2)
    if (headEnd < 0 || headEnd - start > maxHead)
      throw new Error(`the head of a part does not end, or has more than ${maxHead} bytes`)
    const head = bytes.toString('utf8', start, headEnd)
    // Without content, the empty line that ends the head may be the delimiter's own.
    const end = bytes.indexOf(delimiter, headEnd + 2)
    if (end < 0) throw new Error('a part does not end')
    append(form, head, bytes.subarray(Math.min(headEnd + 4, end), end))
    at = end + delimiter.length
  }
  return form
}

const dashes = Buffer.from('--')

/** Behind the first delimiter: what stands before it is to be ignored (RFC 2046, 5.1.1). */
function firstPart(bytes: Buffer, delimiter: Buffer): number {
  const length = delimiter.length - 2
  if (bytes.subarray(0, length).equals(delimiter.subarray(2))) return length
  const first = bytes.indexOf(delimiter)
  if (first < 0) throw new Error('its boundary does not occur')
  return first + delimiter.length
}

/** Behind the line of a delimiter, which a gateway may have padded (RFC 2046, 5.1.1). */
function lineEnd(bytes: Buffer, start: number): number {
  let at = start
  while (bytes[at] === 32 || bytes[at] === 9) at++
  if (bytes[at] !== 13 || bytes[at + 1] !== 10) throw new Error('a boundary does not end its line')
  return at + 2
}

function append(form: FormData, head: string, content: Buffer): void {
  const fields = fieldsOf(head)
  const [disposition, parameters = ''] = splitAt(fields.get('content-disposition') ?? '', ';')
  if (disposition.toLowerCase() !== 'form-data') throw new Error('a part is not of form-data')
  const { name, filename } = namesOf(parameters)
  const bytes =
    fields.get('content-transfer-encoding') === 'base64'
      ? Buffer.from(content.toString('latin1'), 'base64')
      : content
  if (filename === undefined) return form.append(name, bytes.toString('utf8'))
  const type = fields.get('content-type') ?? 'text/plain'
  form.append(name, new File([bytes as Uint8Array<ArrayBuffer>], filename, { type }))
}

function fieldsOf(head: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of head.split('\r\n')) {
    const [name, value] = splitAt(line, ':')
    if (value === undefined || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name) || /[\r\n\0]/.test(value))
      throw new Error('a line in the head of a part is not a field')
    fields.set(name.toLowerCase(), value)
  }
  return fields
}

/** The text before and after a separator, trimmed; without a separator, all of it is before. */
function splitAt(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text.trim()] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

const token = "[!#$%&'+.^_`|~\\w-]+"
/** As browsers quote (HTML, multipart/form-data encoding): `%22` for a quote, and a backslash is one. */
const ofBrowsers = new RegExp(
  `(${token}\\*?)[ \\t]*=[ \\t]*(?:"([^"]*)"|([^;"\\s]+))[ \\t]*(?:;[ \\t]*|$)`,
  'y',
)
/** As others do (RFC 9110, 5.6.4): a backslash before a quote. */
const ofOthers = new RegExp(ofBrowsers.source.replace('[^"]*', '(?:\\\\.|[^"\\\\])*'), 'y')

function namesOf(text: string): { readonly name: string; readonly filename: string | undefined } {
  const isEscaped = text.includes('\\"')
  const escaped = isEscaped ? parametersOf(text, ofOthers) : undefined
  const { name, filename, 'filename*': extended } = escaped ?? parametersOf(text, ofBrowsers) ?? {}
  if (name === undefined) throw new Error('the names of a part cannot be read')
  return { name, filename: extended === undefined ? filename : decodedName(extended) }
}

/** Undefined when they are written in another way. */
function parametersOf(text: string, form: RegExp): Record<string, string> | undefined {
  const parameters: Record<string, string> = Object.create(null)
  form.lastIndex = 0
  for (let at = 0; at < text.length; at = form.lastIndex) {
    const [, key, quoted, plain = ''] = form.exec(text) ?? []
    if (key === undefined) return undefined
    parameters[key.toLowerCase()] = quoted === undefined ? plain : unquoted(quoted)
  }
  return parameters
}

function unquoted(text: string): string {
  const whole = text.includes('\\"') ? text.replace(/\\(.)/gs, '$1') : text
  return whole.replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replaceAll('%22', '"')
}

/** RFC 8187, 3.2: the charset, a language, and the name in percent-encoding. */
function decodedName(value: string): string {
  const [, encoded] = /^utf-8'[^']*'(.*)$/is.exec(value) ?? []
  try {
    if (encoded !== undefined) return decodeURIComponent(encoded)
  } catch {}
  throw new Error('the name of a file is not in UTF-8')
}
