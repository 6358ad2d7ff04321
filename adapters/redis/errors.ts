import { type Catalogued, errors } from '../../kernel/adapter-kit.ts'

/** The errors that only the Redis adapter throws. */
const codes = errors('redis', {
  SERVER_UNSUPPORTED: (v: { broker: string; reason: string }) =>
    `the server at ${v.broker} cannot carry this bus: ${v.reason}`,
})

declare module '../../kernel/index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
