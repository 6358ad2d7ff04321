import { type Catalogued, errors } from '../errors.ts'

/** The errors of logging. */
const codes = errors('kernel', {
  LOGGER_INVALID: (v: { name: string }) =>
    `the logger ${v.name} cannot log; it needs the methods debug, info, warn (or warning) and error`,
  LOG_LEVEL_INVALID: (v: { level: string; known: string }) =>
    `the log level ${v.level} is unknown; choose one of ${v.known}`,
})

declare module '../errors.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
