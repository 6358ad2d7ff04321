import type { EnvelopeDetails } from '../../../envelopes/index.ts'
import type { HttpRequest } from '../request/request.ts'

/** What an envelope says about a request: its headers. node parses them when they are first read. */
export class RequestDetails implements EnvelopeDetails {
  readonly #request: HttpRequest

  constructor(request: HttpRequest) {
    this.#request = request
  }

  get headers(): HttpRequest['headers'] {
    return this.#request.headers
  }
}
