// time limit: 300 s
// node: 24 only
// coverage: none
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROOT, type SourceFile } from '../architecture/sources.ts'
import { lastingPort } from '../lasting-port.ts'
import { blocks, documents } from '../readme/document.ts'
import { scratchFolder } from '../scratch.ts'
import { Terminal } from './terminal.ts'

const test = suite('guides: commands')

/** What cannot be run here: it installs packages, needs a broker, or is run by a test of its own. */
const elsewhere = /^(npm (install|ci|start)\b|docker run\b)/

/** A line of a document, and what its comment says that it prints. */
interface Line {
  readonly command: string
  readonly expected: string | undefined
}

function linesOf(document: SourceFile): Line[] {
  return blocks(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.trimEnd().split('\n'))
    .map((line) => {
      const [, command = '', expected] = /^(.*?)(?: +# (.*))?$/.exec(line) ?? []
      return { command, expected }
    })
    .filter(({ command }) => command !== '' && !elsewhere.test(command))
}

/** The files of a document, in a folder within the package, so that they find it by its name. */
async function withFiles(document: SourceFile, port: number, body: (folder: string) => Promise<void>) {
  if (document.path.startsWith('examples/')) return body(ROOT)
  const folder = scratchFolder()
  try {
    // What is not named is not run; a package.json of its own would hide the package.
    for (const { file, code } of blocks(document)) {
      if (file === undefined || file === 'package.json') continue
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), code.replaceAll('9700', String(port)))
    }
    return await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The command behind `npm test`, as the document's own package.json has it. */
function scriptOf(document: SourceFile, command: string): string {
  if (command !== 'npm test') return command
  const { code = '{}' } = blocks(document).find(({ file }) => file === 'package.json') ?? {}
  return JSON.parse(code).scripts.test
}

const isService = (command: string) => /^(?:\w+=\S+ )*(npx tomodachi run|node main\.ts)\b/.test(command)

const commanded = documents
  .map((document) => ({ document, lines: linesOf(document) }))
  .filter(({ lines }) => lines.length > 0)

for (const { document, lines } of commanded) {
  test(`${document.path}: the lines run, and print what stands behind them`, async () => {
    const port = await lastingPort()
    await withFiles(document, port, async (folder) => {
      const terminal = new Terminal(folder, port)
      try {
        for (const { command, expected } of lines) {
          if (isService(command)) {
            await terminal.start(command)
            continue
          }
          const line = scriptOf(document, command)
          if (expected === undefined) {
            const { code, text } = await terminal.run(line)
            assert.is(code, 0, `${command}: ${text}`)
          } else {
            const text = await terminal.prints(line, expected)
            assert.ok(text.includes(expected), `${command}: ${text}`)
          }
        }
      } finally {
        assert.is(await terminal.stop(), 0, 'the service stops in order')
      }
    })
  })
}

test('many documents have lines to run', () => {
  assert.ok(commanded.length > 10, `${commanded.length} documents`)
})

test.run()
