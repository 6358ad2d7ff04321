import { TomodachiError } from 'tomodachi'
import * as assert from 'uvu/assert'

/** The error with which options are refused. */
export function refusal(options: object, take: (options: object) => unknown): TomodachiError {
  try {
    take(options)
  } catch (error) {
    assert.instance(error, TomodachiError)
    return error as TomodachiError
  }
  return assert.unreachable(`accepted: ${JSON.stringify(options)}`) as never
}
