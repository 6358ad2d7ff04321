// node: 24 only
// coverage: none
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from '../cli/command.ts'
import { plain } from './defaults.ts'
import { codeIn, documentAt, rowsBelow } from './document.ts'

const test = suite('readme: command line')

/** An option as both the table and the help text describe it. */
interface Option {
  /** `-l, --log-level <level>` */
  readonly names: string
  readonly variable: string | undefined
  readonly default: string
}

/** A line of the help text, and the one below it that names the variable. */
const helpLine = /^ {2}(?:(-\w), | {4})(--.+?) {2,}(.+)(?:\n +also (\w+))?$/gm

function optionsInHelp(text: string): Option[] {
  return [...text.matchAll(helpLine)].map(([, short, long = '', help = '', variable]) => ({
    names: short === undefined ? long : `${short}, ${long}`,
    variable,
    default: plain(/\((\w+)\)/.exec(help)?.[1]),
  }))
}

const optionsInTable = rowsBelow(documentAt('kernel/cli/README.md'), 'Options').map(
  ([names = '', variable = '', value = '']): Option => ({
    names: codeIn(names).join(', '),
    variable: codeIn(variable)[0],
    default: plain(codeIn(value)[0] ?? value),
  }),
)

for (const words of ['--help', 'run --help']) {
  test(`tomodachi ${words} and the table have the same options, variables and defaults`, async () => {
    const { code, stdout, stderr } = await new Command(words.split(' ')).ends()
    assert.equal([code, stderr], [0, ''])
    const listed = optionsInHelp(stdout.replace(/(<\S+>) (?=\S)/g, '$1  '))
    assert.ok(listed.length > 8, stdout)
    assert.equal(listed, optionsInTable)
  })
}

test.run()
