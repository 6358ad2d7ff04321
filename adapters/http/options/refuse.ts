import { TomodachiError } from '../../../kernel/index.ts'

/** Throws `OPTION_INVALID` for an option of `http()`, or of something that it makes. */
export function refuse(option: string, expected: string, actual: unknown): never {
  throw new TomodachiError('OPTION_INVALID', { option: `http.${option}`, expected, actual })
}

/** Refuses what is left of an options object when all known options have been taken out. Values might be secrets. */
export function refuseUnknown(of: string, unknown: object): void {
  for (const [option, value] of Object.entries(unknown))
    refuse(`${of}${option}`, 'left out, as there is no such option', typeof value)
}
