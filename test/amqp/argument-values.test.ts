// What arguments and binding arguments may hold; no broker is needed to refuse the rest.
import { inspect } from 'node:util'
import { amqp } from 'tomodachi/amqp'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { refusal } from './refusal.ts'

const test = suite('values of arguments of RabbitMQ')

class Own {
  readonly key = 'secret'
}
const circle: unknown[] = []
circle.push(circle)

/** Values of arguments that cannot be sent, and how they are called. */
const unsendable: readonly [value: unknown, what: string][] = [
  [Number.POSITIVE_INFINITY, 'a number that AMQP cannot carry, such as Infinity'],
  [Number.NaN, 'a number that AMQP cannot carry, such as Infinity'],
  [-1e19, 'a number that AMQP cannot carry, such as Infinity'],
  [10n, 'a bigint, which AMQP cannot carry'],
  [2n ** 64n, 'a bigint, which AMQP cannot carry'],
  [Symbol('a'), 'a symbol, which AMQP cannot carry'],
  [() => 1, 'a function, which AMQP cannot carry'],
  [[undefined], 'undefined, which AMQP cannot carry'],
  [new Date(), 'a Date, which AMQP cannot carry'],
  [new Map([['a', 1]]), 'a Map, which AMQP cannot carry'],
  [new Set(), 'a Set, which AMQP cannot carry'],
  [/a/, 'a RegExp, which AMQP cannot carry'],
  [new Uint8Array(2), 'a Uint8Array, which AMQP cannot carry'],
  [new ArrayBuffer(2), 'an ArrayBuffer, which AMQP cannot carry'],
  [new URL('http://a'), 'a URL, which AMQP cannot carry'],
  [Promise.resolve(), 'a Promise, which AMQP cannot carry'],
  [new Error('secret'), 'an Error, which AMQP cannot carry'],
  [new Own(), 'an Own, which AMQP cannot carry'],
  [new String('a'), 'a String, which AMQP cannot carry'],
  [circle, 'more than 500 levels'],
  [{ ['n'.repeat(256)]: 1 }, 'a name of more than 255 bytes'],
  [{ '!': 'nothing', value: 1 }, 'a value that does not fit the type "nothing"'],
  [{ '!': 'string', value: 1 }, 'a value that does not fit the type "string"'],
  [{ '!': 'decimal', value: { places: 300, digits: 1 } }, 'a value that does not fit the type "decimal"'],
  [{ '!': 'int64', value: 2n ** 63n }, 'a number that AMQP cannot carry, such as Infinity'],
  [{ '!': 'uint8', value: 256 }, 'a number that AMQP cannot carry, such as Infinity'],
  [{ '!': 'timestamp', value: -1 }, 'a number that AMQP cannot carry, such as Infinity'],
  [{ '!': 'float', value: 1e300 }, 'a number that AMQP cannot carry, such as Infinity'],
]

for (const [value, what] of unsendable)
  test(`a value of an argument that cannot be sent is named, however deep: ${inspect(value, { depth: 1 }).slice(0, 60)}`, () => {
    for (const [options, place] of [
      [{ arguments: { value } }, 'arguments'],
      [{ bindingArguments: { value } }, 'bindingArguments'],
      [{ bindings: [{ arguments: { value } }] }, 'bindings[0].arguments'],
    ] as const) {
      const error = refusal(options, (given) => amqp().topic('t', given))
      assert.is(error.code, 'OPTION_INVALID')
      assert.match(
        error.message,
        `amqp.topic.${place} must be an object of text, finite numbers and the like`,
      )
      assert.ok(error.message.endsWith(` has ${what}`), error.message)
      assert.not.match(error.message, 'secret')
    }
    const deep = refusal({ arguments: { value: { list: [0, value] } } }, (given) => amqp().topic('t', given))
    assert.match(deep.message, `; "value.list[1]`)
  })

test('values of arguments that can be sent are taken', () => {
  const value = {
    ...{
      text: 'a',
      none: null,
      left: undefined,
      yes: true,
      whole: 2 ** 53,
      part: -0.5,
      bytes: Buffer.from('a'),
    },
    list: [1, 'a', [{}]],
    bare: Object.create(null),
    ...{
      large: 1e300,
      least: -(2 ** 63),
      when: { '!': 'timestamp', value: 1n },
      '!!': { '!': 'int64', value: -5n },
    },
    price: { '!': 'decimal', value: { places: 2, digits: 995 } },
  }
  amqp().topic('t', { arguments: { value }, bindingArguments: value, bindings: [{ arguments: value }] })
})

test.run()
