import { Envelope } from '../../../envelopes/index.ts'
import type { HttpRequest } from '../request/request.ts'

/** The envelope of a request. Its headers are the request's, which node parses only when they are asked for. */
export class RequestEnvelope extends Envelope<{ readonly request: HttpRequest }> {
  override get headers(): HttpRequest['headers'] {
    return this.given.request.headers
  }
}
