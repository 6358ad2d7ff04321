import type { EnvelopeDetails } from '../../../envelopes/index.ts'
import type { HttpRequest } from '../request/request.ts'

/** What an envelope says of a request: its headers, which node parses only when they are asked for. */
export class RequestDetails implements EnvelopeDetails {
  readonly #request: HttpRequest

  constructor(request: HttpRequest) {
    this.#request = request
  }

  get headers(): HttpRequest['headers'] {
    return this.#request.headers
  }
}
