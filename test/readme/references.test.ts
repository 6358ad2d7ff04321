// node: 24 only
// coverage: none
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { filesUnder, projectFiles, ROOT } from '../architecture/sources.ts'
import { anchors, documentAt, documents, links, prose } from './document.ts'

const test = suite('readme: references')

/** The rooms that users come to. */
const rooms = [
  'kernel',
  'kernel/cli',
  'kernel/log',
  'kernel/messaging',
  ...['http', 'websocket', 'amqp', 'sns-sqs', 'redis', 'schedule', 'memory', 'conformance'].map(
    (name) => `adapters/${name}`,
  ),
  'envelopes',
  'statecharts',
  'examples',
]

test('every room has a README', () => {
  const present = new Set(documents.map(({ path }) => path))
  assert.equal(
    rooms.filter((room) => !present.has(`${room}/README.md`)),
    [],
  )
})

test('every link leads somewhere', () => {
  let inside = 0
  for (const document of documents) {
    for (const link of links(document)) {
      if (/^https?:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      assert.ok(existsSync(join(ROOT, path)), `${document.path}: ${link}`)
      if (anchor !== undefined)
        assert.ok(anchors(documentAt(path)).includes(anchor), `${document.path}: ${link}`)
      inside++
    }
  }
  assert.ok(inside > 60, `${inside} links`)
})

test('the overview leads to every document', () => {
  const mapped = new Set(links(documentAt('README.md')).map((link) => link.split('#')[0]))
  const missing = documents.filter(({ path }) => path !== 'README.md' && !mapped.has(path))
  assert.equal(
    missing.map(({ path }) => path),
    [],
  )
})

test('headings of a document are unique, so that links to them are', () => {
  for (const document of documents) {
    const all = anchors(document)
    assert.equal(all, [...new Set(all)], document.path)
  }
})

test('every example is linked to', () => {
  const examples = filesUnder('examples').filter(({ path }) => /^examples\/\d\d-[\w-]+\.ts$/.test(path))
  assert.ok(examples.length > 5)
  const mentioned = links(documentAt('examples/README.md'))
  for (const { path } of examples) assert.ok(mentioned.includes(path), path)
})

test('every module of the package is mentioned in the overview', () => {
  const { text } = documentAt('README.md')
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const modules = Object.keys(exports).filter((subpath) => !subpath.endsWith('.json'))
  assert.ok(modules.length > 5)
  for (const subpath of modules) {
    const name = subpath.replace(/^\./, 'tomodachi')
    assert.ok(
      [`\`${name}\``, `'${name}'`].some((mention) => text.includes(mention)),
      name,
    )
  }
})

test('tables have as many cells in every row as in their head', () => {
  for (const document of documents) {
    const tables = prose(document).join('\n').split('\n\n')
    for (const table of tables.filter((part) => part.startsWith('|'))) {
      const [head = '', ...rows] = table.trimEnd().split('\n')
      const count = (row: string) => row.split(/(?<!\\)\|/).length
      for (const row of rows) assert.is(count(row), count(head), `${document.path}: ${row}`)
    }
  }
})

test('no marks of a merge are left', () => {
  for (const { path, text } of projectFiles().filter((file) => file.path.endsWith('.md')))
    assert.not.match(text, /^([<=>|])\1{6}/m, path)
})

test.run()
