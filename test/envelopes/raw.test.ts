import { raw } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { returned, sender } from './recorded.ts'

const plain = suite('raw')

plain('strings and bytes travel as they are, without metadata', () => {
  for (const data of ['å', Uint8Array.of(255)]) {
    assert.is(raw().build(data, 't', sender), data)
    assert.equal(raw().parse(data, {}), { data, metadata: undefined })
  }
})

plain('what a handler gets can be made the same on every bus', () => {
  assert.equal(returned(raw({ as: 'text' }), 'å'), ['å', 'å'])
  assert.equal(returned(raw({ as: 'bytes' }), 'å'), [Buffer.from('å'), Buffer.from('å')])
})

plain('bytes that are no text are refused where text is asked for', () => {
  assert.throws(() => raw({ as: 'text' }).parse(Uint8Array.of(255), {}), /not text in UTF-8/)
})

plain('anything else is refused', () => {
  for (const data of [undefined, null, 5, {}, new ArrayBuffer(1)]) {
    assert.throws(() => raw().build(data, 't', sender), /raw\(\) carries strings and bytes/)
  }
  assert.throws(() => raw({ as: 'json' as never }), /option raw\.as must be "text" or "bytes"/)
  assert.throws(() => raw({ text: true } as never), /raw\(\) has no option "text"; it has as/)
})

plain.run()
