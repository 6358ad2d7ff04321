import { TomodachiError } from '../../kernel/index.ts'

/** Throws `OPTION_INVALID` for what is no text of one line. */
export function checkTexts(texts: Readonly<Record<string, unknown>>): void {
  for (const [option, value] of Object.entries(texts)) {
    if (typeof value !== 'string' || /[\r\n\0]/.test(value)) refuse(option, 'a string of one line', value)
  }
}

/** Throws `OPTION_INVALID` for what is no integer within these limits. */
export function checkNumber(option: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    refuse(option, `an integer from ${least} to ${most}`, value)
}

/** Throws `OPTION_INVALID`. */
export function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `amqp.${option}`, expected, actual })
}
