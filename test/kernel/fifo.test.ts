import { Fifo } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('queue')

test('it gives items back in the order in which they came, however it grows', () => {
  const [queue, model] = [new Fifo<number>(), [] as number[]]
  let next = 0
  for (let round = 0; round < 2_000; round++) {
    // More comes than goes for a while, then the other way round, down to nothing.
    const grows = round % 400 < 200
    for (let times = (round * 7) % 13; times > 0; times--) {
      if (grows || times % 3 === 0) {
        queue.push(next)
        model.push(next++)
      }
      if (!grows || times % 3 === 0) {
        assert.is(queue.first, model[0])
        assert.is(queue.shift(), model.shift())
      }
    }
    assert.is(queue.length, model.length)
    if (round % 50 === 0) assert.equal([...queue], model)
  }
})

test('an empty one has nothing, and can be used again', () => {
  const queue = new Fifo<number>()
  for (let round = 0; round < 3; round++) {
    assert.equal([queue.length, queue.first, queue.shift(), [...queue]], [0, undefined, undefined, []])
    for (let number = 0; number < 5_000; number++) queue.push(number)
    assert.is(queue.length, 5_000)
    for (let number = 0; number < 5_000; number++) assert.is(queue.shift(), number)
  }
})

test.run()
