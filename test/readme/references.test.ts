// node: 24 only
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesUnder, ROOT } from '../architecture/sources.ts'
import { headings, prose, readme } from './document.ts'

const test = suite('readme: references')
const text = prose().join('\n')

/** As GitHub makes them: small letters, digits, hyphens for spaces. */
const anchors = headings().map((heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-'),
)
const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)

test('every link leads somewhere', () => {
  const inside = links.filter((target) => !target.startsWith('https://'))
  assert.ok(inside.length > 8, `${inside.length} links`)
  for (const target of inside) {
    const exists = target.startsWith('#') ? anchors.includes(target.slice(1)) : existsSync(join(ROOT, target))
    assert.ok(exists, target)
  }
})

test('headings are unique, so that links to them are', () => {
  assert.equal(anchors, [...new Set(anchors)])
})

test('every example is linked to', () => {
  const examples = filesUnder('examples').filter(({ path }) => /^examples\/\d\d-[\w-]+\.ts$/.test(path))
  assert.ok(examples.length > 5)
  for (const { path } of examples) assert.ok(links.includes(path), path)
})

test('every module of the package is mentioned', () => {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const modules = Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'))
  assert.ok(modules.length > 5)
  for (const subpath of modules) {
    const name = subpath.replace(/^\./, 'tomodachi')
    assert.ok(
      [`\`${name}\``, `'${name}'`].some((mention) => readme.includes(mention)),
      name,
    )
  }
})

test('tables have as many cells in every row as in their head', () => {
  for (const table of text.split('\n\n').filter((part) => part.startsWith('|'))) {
    const [head = '', ...rows] = table.trimEnd().split('\n')
    const count = (row: string) => row.split(/(?<!\\)\|/).length
    for (const row of rows) assert.is(count(row), count(head), row)
  }
})

test('no marks of a merge are left', () => {
  const documents = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md']
  for (const name of documents) assert.not.match(readFileSync(join(ROOT, name), 'utf8'), /^([<=>|])\1{6}/m)
})

test.run()
