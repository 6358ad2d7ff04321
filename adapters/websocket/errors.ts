import { type Catalogued, errors } from '../../kernel/adapter-kit.ts'

/** The errors of websockets. */
const codes = errors('websocket', {
  SOCKET_REPLY_INVALID: (v: { address: string; problem: string }) =>
    `the handler of ${v.address} returned ${v.problem}; return { message?, close? } with functions, [message, close?], or nothing`,
})

declare module '../../kernel/index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
