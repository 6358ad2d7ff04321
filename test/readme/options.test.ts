// node: 24 only
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { plain } from './defaults.ts'
import { codeIn, rowsBelow } from './document.ts'
import { codedDefaultsOf, optionsOf, places } from './options.ts'

const test = suite('readme: options')

/** An option as the table has it; `value` is undefined where the table describes the default in words. */
interface Entry {
  readonly where: string
  readonly option: string
  readonly cell: string
  readonly value: string | undefined
}

const entries = entriesOf(rowsBelow('Options'))

/** A row may name several options, with one default for all of them or one for each. */
function entriesOf(rows: readonly string[][]): Entry[] {
  let place = ''
  return rows.flatMap(([where = '', options = '', cell = '']) => {
    place = where || place
    const values = codeIn(cell)
    const names = codeIn(options)
    return names.map((option, index) => ({
      where: place,
      option,
      cell,
      value: defaultIn(cell, values.length === names.length ? values[index] : values[0]),
    }))
  })
}

function defaultIn(cell: string, code: string | undefined): string | undefined {
  if (/^(none|any)\b/.test(cell)) return 'none'
  return cell.startsWith('`') && code !== undefined && !code.startsWith('{') ? plain(code) : undefined
}

test('every option is in the table, and nothing else is', () => {
  for (const where of Object.keys(places)) {
    const listed = entries.filter((entry) => entry.where === where).map(({ option }) => option)
    const options = [...optionsOf(where).keys()]
    // Its type depends on the source, and stands in the signature.
    if (where === '`on`') options.push('use')
    assert.equal(listed.sort(), options.sort(), where)
  }
})

test('a default in the table is the one of the doc comment and of the code', () => {
  let compared = 0
  for (const { where, option, cell, value } of entries) {
    if (places[where] === undefined || cell.startsWith('`{') || cell === '') continue
    const name = `${where} ${option}`
    const documented = optionsOf(where).get(option)
    const isProse = value === 'none' && documented === undefined
    if (!isProse) assert.is(value, documented, name)
    const coded = codedDefaultsOf(where, option)
    if (value === undefined || (value === 'none' && coded.length === 0)) continue
    if (coded.length > 0) assert.ok(coded.includes(value), `${name}: ${value}, in the code ${coded}`)
    compared += coded.length
  }
  assert.ok(compared > 50, `${compared} defaults of the code`)
})

const fixture: Record<string, unknown> = JSON.parse(
  readFileSync(new URL('../fixtures/options_defaults.json', import.meta.url), 'utf8'),
)
const rows = rowsBelow('Options of the Python library')

test('every option of the Python library has its row, with its default', () => {
  const listed = rows.map(([key = '', value = '']) => [codeIn(key)[0], plain(codeIn(value)[0])])
  assert.equal(
    listed,
    Object.entries(fixture).map(([key, value]) => [key, plain(value)]),
  )
})

test('each row names our option with its default, and why where that is not the same', () => {
  for (const [key = '', theirs = '', ours = '', cell = '', reason = ''] of rows) {
    const [adapter, option] = codeIn(ours)
    if (adapter === undefined || option === undefined) {
      assert.is(ours, 'none', key)
      assert.is.not(reason, '', `${key}: why is it not there?`)
      continue
    }
    const where = `\`${adapter}\``
    const value = plain(codeIn(cell)[0])
    if (value !== plain(codeIn(theirs)[0])) assert.is.not(reason, '', `${key}: why another default?`)
    checkOurs({ where, option, cell, value }, key)
  }
})

/** Holds a row to the table of our options, to the doc comment and to the code. */
function checkOurs({ where, option, value }: Entry, key: string): void {
  const options = optionsOf(where)
  assert.ok(options.has(option), `${key}: ${where} has no option ${option}`)
  const entry = entries.find((one) => one.where === where && one.option === option)
  assert.is(entry?.value, value, key)
  const coded = codedDefaultsOf(where, option)
  if (coded.length > 0) assert.ok(coded.includes(value as string), `${key}: ${value}, in the code ${coded}`)
  else assert.is(value, options.get(option) ?? 'none', key)
}

test.run()
