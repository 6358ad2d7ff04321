// node: 24 only
import * as fc from 'fast-check'
import { createRouter } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('http router order')

const text = fc.constantFrom('', 'a', 'b', 'ab', 'abc', '1', '12', 'a-b', 'é', 'a b', 'a%b')
const segment = fc.oneof(
  { weight: 3, arbitrary: text },
  fc.constantFrom(':x', ':y', 'a:x', 'ab:x', 'é:x', 'a::b'),
  fc.constantFrom(
    ':x(^\\d+$)',
    ':y(^\\d+$)',
    ':x(^[a-c]+$)',
    ':x(.*)',
    ':x-:y',
    ':x.:y',
    'a:x-b',
    ':x(\\d+)b',
    'a:x(b?)',
  ),
)
const last = fc.oneof({ weight: 3, arbitrary: segment }, fc.constantFrom('*', 'a*', 'ab*', ':x?', ':x?/'))
const pattern = fc
  .tuple(fc.array(segment, { maxLength: 2 }), last)
  .map(([before, end]) => `/${[...before, end].join('/')}`)
const expression = fc.constantFrom(/\/a.*/, /\/(?<n>\d+)/, /\/[^/]*\/b?/, /.*b/, /\/(?<x>a)?(?<y>b)?/, /\/A/i)
const table = fc.array(fc.oneof({ weight: 5, arbitrary: pattern }, expression), {
  minLength: 1,
  maxLength: 12,
})
const piece = fc.oneof(
  text.map(encodeURIComponent),
  fc.constantFrom('a.b', 'a:b', 'a%2Fb', '%61', 'a%2Db', '12b', 'é', '%'),
)
const url = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => `/${pieces.join('/')}`)

test('the table answers as its routes do one by one', () => {
  fc.assert(
    fc.property(table, fc.array(url, { minLength: 5, maxLength: 20 }), (paths, urls) => {
      const router = createRouter(paths.map((path, index) => ({ methods: ['GET'], path, target: index })))
      const alone = paths.map((path, index) => createRouter([{ methods: ['GET'], path, target: index }]))
      for (const each of urls) {
        const expected = alone.map((one) => one.find('GET', each)).find((match) => match !== undefined)
        const actual = router.find('GET', each)
        assert.is(actual?.target, expected?.target, `${each} in ${paths.join(' , ')}`)
        assert.equal({ ...actual?.params }, { ...expected?.params })
        assert.not.ok(router.shadowed.some((route) => route.target === actual?.target))
      }
    }),
    { numRuns: 1_000 },
  )
})

test.run()
