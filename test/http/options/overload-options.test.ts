import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../serving.ts'

const options = suite('http overload options')

const limits = 'an object with maxEventLoopDelay, maxInFlight or both'

for (const [overload, sentence] of [
  [true, `the option http.overload must be ${limits}`],
  [null, `the option http.overload must be ${limits}`],
  [{}, `the option http.overload must be ${limits}`],
  [{ retryAfter: '2s' }, `the option http.overload must be ${limits}`],
  [{ maxInFlight: 0 }, 'the option http.overload.maxInFlight must be an integer from 1'],
  [{ maxInFlight: 1.5 }, 'the option http.overload.maxInFlight must be an integer from 1'],
  [{ maxInFlight: '5' }, 'the option http.overload.maxInFlight must be an integer from 1'],
  [{ maxEventLoopDelay: 1 }, 'the option http.overload.maxEventLoopDelay must be a duration from 5ms'],
  [{ maxEventLoopDelay: '50' }, 'the option http.overload.maxEventLoopDelay must be a duration from 5ms'],
  [{ maxInFlight: 1, retryAfter: 0 }, 'the option http.overload.retryAfter must be a duration'],
  [{ maxInFlight: 1, retryAfter: '1500ms' }, 'the option http.overload.retryAfter must be a duration'],
  [{ maxInFligth: 1 }, 'http() has no option "overload.maxInFligth"; did you mean "overload.maxInFlight"?'],
] as const) {
  options(`overload ${JSON.stringify(overload)} is refused`, async () => {
    const { code, message } = await failureOf(() => http({ overload } as never))
    assert.is(code, 'OPTION_INVALID')
    assert.match(message, sentence)
  })
}

options('a limit of the event loop that stands alone is pointed to its place', async () => {
  const { message } = await failureOf(() => http({ maxEventLoopDelay: '50ms' } as never))
  assert.match(message, 'did you mean "overload.maxEventLoopDelay"?')
})

options('whether a route is shed is true or false', async () => {
  const { code, message } = await failureOf(() => http().get('/', { shed: 'never' } as never))
  assert.is(code, 'OPTION_INVALID')
  assert.match(message, 'the option http.get.shed must be true or false')
})

options('what is undefined counts as left out', () => {
  http({ overload: undefined })
  http({ overload: { maxInFlight: 5, maxEventLoopDelay: undefined, retryAfter: undefined } })
})

options.run()
