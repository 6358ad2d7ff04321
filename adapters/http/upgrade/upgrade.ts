import type { Duplex } from 'node:stream'
import type { Adapter } from '../../../kernel/index.ts'
import type { Params } from '../routing/params.ts'

/** A connection that its client wants to take out of HTTP (RFC 9110, 7.8). */
export interface Upgrade<Request = unknown> {
  /** The request that asks for it. It has no body. */
  readonly request: Request
  /** What the path captured, percent-decoded. */
  readonly params: Params
  /**
   * The connection. Whoever accepts answers on it with 101, and owns it from then on: the server neither reads nor
   * writes, and no drain waits for it. What is left of it when the server closes is destroyed.
   */
  readonly socket: Duplex
  /** What the client has sent behind its request; often nothing. */
  readonly head: Buffer
  /** Answers with this status instead, and ends the connection. Only before anything was written on it. */
  refuse(status: number, headers?: Readonly<Record<string, string>>): void
}

/** A server that lets others take over connections: what an adapter for another protocol can be mounted on. */
export interface UpgradeServer<Request = unknown> extends Adapter {
  /**
   * Hands over each connection whose client asks, with GET, for `protocol` (a token of the Upgrade header, in any case)
   * at a path, which is one as for routes. Among the paths that match, the first counts. Allowed at any time; returns
   * how to stop. A GET of this path that asks for no upgrade, and that has no route, is answered with 426. A handler
   * that throws is logged, and its connection refused with 500. Throws `ROUTE_INVALID` for a bad path.
   */
  upgrade(protocol: string, path: string | RegExp, handler: (upgrade: Upgrade<Request>) => void): () => void
}
