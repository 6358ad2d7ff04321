import { type Catalogued, errors } from '../errors.ts'

/** The errors of services, handlers and middleware. */
const codes = errors('kernel', {
  DECORATORS_LEGACY: () =>
    'the decorator @on needs standard decorators; remove "experimentalDecorators" from tsconfig.json',
  GUARD_VERDICT: (v: { guard: string; verdict: false | null }) =>
    `a guard (${v.guard}) returned ${v.verdict}; return true or nothing to go on, or the reply: condition || [403, 'no']`,
  MIDDLEWARE_NEXT_LATE: (v: { middleware: string }) =>
    `a middleware (${v.middleware}) called next() after the delivery had ended; call it before the middleware returns`,
  MIDDLEWARE_NEXT_TWICE: (v: { middleware: string }) =>
    `a middleware (${v.middleware}) called next() again although the first call had not failed; call it once, or again only after a rejection`,
  MIDDLEWARE_OUTCOME: (v: { middleware: string }) =>
    `a middleware (${v.middleware}) must return the result of next() or of reply(value), but it returned something else`,
  MIDDLEWARE_OVERRIDE: (v: { key: string }) =>
    `a middleware tried to replace "${v.key}", which the transport provides; add it under another name`,
  NO_ACTOR: (v: { address: string }) =>
    `no actor has the address ${v.address}; deliver only to the actors that were passed to start()`,
  SERVICE_STARTED: (v: { service: string; source: string }) =>
    `the service ${v.service} is already running, so on(${v.source}) would have no effect; register handlers before run()`,
})

declare module '../errors.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
