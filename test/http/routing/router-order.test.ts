// node: 24 only
// coverage: none
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { stopAll } from '../serving.ts'
import { type Found, type Path, RouteTable } from './route-table.ts'

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
  fc.constantFrom('a.b', 'a:b', 'a%2Fb', '%61', 'a%2Db', '12b', '%'),
)
const url = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => `/${pieces.join('/')}`)

/** The same path below another one. */
function below(front: string, path: Path): Path {
  return typeof path === 'string' ? `${front}${path}` : new RegExp(`${front}${path.source}`, path.flags)
}

test('the table answers as its routes do one by one', async () => {
  const tables = fc.asyncProperty(
    table,
    fc.array(url, { minLength: 5, maxLength: 20 }),
    async (paths, urls) => {
      // Below a path that no other has, a route is alone.
      const alone = paths.map((path, index) => below(`/alone${index}`, path))
      const routes = await RouteTable.of(...paths.map((path) => below('/together', path)), ...alone)
      const shadowed: unknown[] = routes.shadowed.map(({ route }) => route)
      for (const each of urls) {
        const actual = await routes.find('GET', `/together${each}`)
        const expected = await firstOf(routes, alone.length, each)
        assert.equal(unprefixed(actual), unprefixed(expected), `${each} in ${paths.join(' , ')}`)
        assert.not.ok(shadowed.includes(actual?.route))
      }
      await stopAll()
    },
  )
  await fc.assert(tables, { numRuns: 100 })
})

/** What the first of the routes finds that finds something by itself. */
async function firstOf(routes: RouteTable, count: number, url: string): Promise<Found | undefined> {
  for (let index = 0; index < count; index++) {
    const found = await routes.find('GET', `/alone${index}${url}`)
    if (found) return found
  }
  return undefined
}

function unprefixed(found: Found | undefined): Found | undefined {
  return found && { ...found, route: found.route.replace(/\/(?:together|alone\d+)|#\d+$/g, '') }
}

test.after.each(stopAll)
test.run()
