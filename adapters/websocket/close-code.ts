import { TomodachiError } from '../../kernel/index.ts'

/** Checks the code and reason of a close. Throws `OPTION_INVALID`. */
export function checkClose(code: number, reason: string): void {
  if (!isCloseCode(code)) throw invalid('close(code)', '1000 to 1003, 1007 to 1014 or 3000 to 4999', code)
  if (Buffer.byteLength(reason) > 123)
    throw invalid('close(code, reason)', 'a reason of at most 123 bytes', reason)
}

/** The codes that an endpoint may send (RFC 6455, 7.4). */
function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  return (
    (code >= 1_000 && code <= 1_003) || (code >= 1_007 && code <= 1_014) || (code >= 3_000 && code <= 4_999)
  )
}

function invalid(argument: string, expected: string, actual: unknown): TomodachiError {
  return new TomodachiError('OPTION_INVALID', { option: `socket.${argument}`, expected, actual })
}
