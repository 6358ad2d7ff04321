import { type Catalogued, errors } from '../errors.ts'

/** The errors of whatever listens on a port. */
const codes = errors('kernel', {
  ADDRESS_IN_USE: (v: { address: string }) =>
    `cannot listen on ${v.address}: the port is in use; stop the other process or choose another port`,
  ADDRESS_NOT_AVAILABLE: (v: { address: string; reason: string }) =>
    `cannot listen on ${v.address} (${v.reason}); check the host and the port: ports below 1024 need privileges`,
})

declare module '../errors.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
