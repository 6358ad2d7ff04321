import { type AnyErrorCode, Service, TomodachiError } from 'tomodachi'
import { errors } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allErrors } from '../../error-table.ts'
import { ask, serving, stopAll } from '../serving.ts'

const test = suite('http statuses of errors')
test.after.each(stopAll)

test('of the errors of the library only those of the request itself are answered with 4xx', async () => {
  let code: AnyErrorCode = 'NO_SERVICES'
  const api = await serving((api) =>
    new Service().on(api.get('/'), () => {
      throw new TomodachiError(code, {} as never)
    }),
  )
  const faults: Record<string, number> = {}
  for (const error of await allErrors()) {
    code = error.code as AnyErrorCode
    const { status } = await ask(api, 'GET', '/')
    assert.is(status, error.status, code)
    if (status < 500) faults[code] = status
  }
  assert.equal(faults, {
    BODY_TOO_LARGE: 413,
    BODY_UNREADABLE: 400,
    CONTENT_ENCODING_UNKNOWN: 415,
    CONTENT_TYPE_UNSUPPORTED: 415,
    METHOD_NOT_ALLOWED: 405,
    PAYLOAD_UNPARSABLE: 400,
    REQUEST_INVALID: 400,
    ROUTE_UNKNOWN: 404,
    UPGRADE_REQUIRED: 426,
  })
})

test('errors that another package declares are answered with their status, and with their sentence where the request is at fault', async () => {
  const { STOCK_EMPTY, STOCK_ITEM_UNKNOWN, STOCK_LOST } = errors('stock', {
    STOCK_EMPTY: { status: 503, sentence: (v: { item: string }) => `there is no ${v.item} left` },
    STOCK_ITEM_UNKNOWN: { status: 404, sentence: (v: { item: string }) => `there is no item ${v.item}` },
    STOCK_LOST: (v: { item: string }) => `nobody knows where ${v.item} is`,
  })
  const api = await serving((api) =>
    new Service()
      .on(api.get('/empty'), () => {
        throw new TomodachiError(STOCK_EMPTY, { item: 'tea' })
      })
      .on(api.get('/unknown'), () => {
        throw new TomodachiError(STOCK_ITEM_UNKNOWN, { item: 'tea' })
      })
      .on(api.get('/lost'), () => {
        throw new TomodachiError(STOCK_LOST, { item: 'tea' })
      })
      .on(api.get('/undeclared'), () => {
        throw new TomodachiError('STOCK_BURNT' as AnyErrorCode, {} as never)
      }),
  )
  const answers: Record<string, readonly [number, string]> = {
    '/empty': [503, 'Service Unavailable'],
    '/unknown': [404, 'there is no item tea'],
    '/lost': [500, 'Internal Server Error'],
    '/undeclared': [500, 'Internal Server Error'],
  }
  for (const [path, expected] of Object.entries(answers)) {
    const { status, text } = await ask(api, 'GET', path)
    assert.equal([status, text], expected, path)
  }
})

test.run()
