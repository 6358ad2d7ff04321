import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { requestText } from '../raw-client.ts'
import { replying, stopReplying } from './replying.ts'

const forms = suite('http forms as replies')
forms.after.each(stopReplying)

const form = () => {
  const form = new FormData()
  form.set('file', new File(['abc'.repeat(100_000)], 'a.txt'))
  return form
}

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
forms.before(() => void process.on('unhandledRejection', note))
forms.after(() => void process.off('unhandledRejection', note))

for (const [name, reply] of [
  ['a FormData', form],
  ['a Response with a FormData', () => new Response(form())],
] as const) {
  forms(`${name} is let go of without a rejection, for HEAD and when its client leaves`, async () => {
    const { client } = await replying(reply)
    for (let head = 0; head < 3; head++) {
      const response = await client.send(requestText('HEAD', '/')).response('HEAD')
      assert.match(response.header('content-type') ?? '', 'multipart/form-data')
    }
    client.send(requestText('GET', '/'))
    client.destroy()
    await client.closed
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    assert.equal(stray.splice(0), [])
  })
}

forms.run()
