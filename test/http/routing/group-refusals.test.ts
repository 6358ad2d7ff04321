import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf } from '../serving.ts'

const refused = suite('refused http groups')

for (const prefix of [undefined, null, 7, '', 'admin', ['/admin'], /\/admin/])
  refused(`the prefix ${String(prefix) || '(empty)'} is refused`, async () => {
    const error = await failureOf(() => http().group(prefix as string))
    assert.is(error.code, 'OPTION_INVALID')
    assert.match(
      error.message,
      /^http\.group\(prefix\) .*a path that begins with a slash, such as "\/admin" or "\/shops\/:shop"/,
    )
  })

for (const prefix of ['/files/*', '/a*', '/:page?', '/shops/:shop?/'])
  refused(`the prefix ${prefix} is refused: nothing can follow it`, async () => {
    const error = await failureOf(() => http().group(prefix))
    assert.is(error.code, 'OPTION_INVALID')
    assert.match(
      error.message,
      'http.group(prefix) must be a path without * and without an optional parameter',
    )
  })

refused('a prefix in the syntax of another framework is refused', async () => {
  const error = await failureOf(() => http().group('/shops/{shop}'))
  assert.is(error.code, 'ROUTE_INVALID')
  assert.match(error.message, 'write :shop instead of {shop}')
})

refused('a RegExp path is refused in a group', async () => {
  const admin = http().group('/admin')
  const sentence = (place: string) => `http.${place} must be text, such as "/users/:id", in a group`
  for (const [place, make] of [
    ['get(path)', () => admin.get(/x/)],
    ['route(path)', () => admin.use(async (_, next) => next()).route(['GET'], /x/)],
    ['files(url)', () => admin.files(/\/(?<filename>.*)/, '.')],
    ['upgrade(path)', () => admin.upgrade('x', /x/, () => {})],
  ] as const) {
    const error = await failureOf(make)
    assert.is(error.code, 'OPTION_INVALID')
    assert.match(error.message, sentence(place))
  }
})

refused('a path of a group has to begin with a slash too', async () => {
  for (const path of ['users', '']) {
    const error = await failureOf(() => http().group('/admin').get(path))
    assert.is(error.code, 'ROUTE_INVALID')
  }
  const error = await failureOf(() =>
    http()
      .group('/admin')
      .get(7 as never),
  )
  assert.is(error.code, 'OPTION_INVALID')
})

refused.run()
