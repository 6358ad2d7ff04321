import { type ErrorCode, TomodachiError } from 'tomodachi'
import { errorCodes } from 'tomodachi/adapter-kit'

/** The README's table of errors: each code with its sentence, its values in angle brackets. */
export function errorTable(): string {
  return errorCodes.map((code) => `| \`${code}\` | ${sentence(code)} |\n`).join('')
}

function sentence(code: ErrorCode): string {
  const values = new Proxy({}, { get: (_, key) => `<${String(key)}>` })
  const { message } = new TomodachiError(code, values as never)
  return message.replaceAll('|', '\\|').replaceAll('<', '\\<').replaceAll('\n', ' ')
}

if (process.argv[1] === import.meta.filename) process.stdout.write(errorTable())
