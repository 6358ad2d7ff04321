import { configureLogging } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { busMistakes } from './mistakes/buses.ts'
import { kernelMistakes } from './mistakes/kernel.ts'
import { webMistakes } from './mistakes/web.ts'

configureLogging({ logger: 'disabled' })

const mistakes = suite('mistakes')

const tables = [...kernelMistakes, ...busMistakes, ...webMistakes]

for (const [written, program, sentence] of tables) {
  mistakes(`${written} is told in a sentence`, async () => {
    assert.is(await sentenceOf(program), sentence)
  })
}

mistakes('each mistake has its row once', () => {
  assert.is(new Set(tables.map(([written]) => written)).size, tables.length)
})

/** The sentence that a program ends in; a promise may end in it too. */
async function sentenceOf(program: () => unknown): Promise<string> {
  try {
    await program()
  } catch (error) {
    return (error as Error).message
  }
  return 'it ends in no error'
}

mistakes.run()
