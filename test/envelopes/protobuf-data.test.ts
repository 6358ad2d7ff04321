import fc from 'fast-check'
import { protobufBase } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { returned, sender } from './recorded.ts'

const data = suite('protobuf data')

const definition = `
  syntax = "proto3";
  package shop;
  enum Kind { PLAIN = 0; FANCY = 1; ODD = -1; }
  message Order {
    string text = 1;
    bytes raw = 2;
    bool flag = 3;
    double double = 4;
    int32 int32 = 5;
    uint32 uint32 = 6;
    sint32 sint32 = 7;
    fixed32 fixed32 = 8;
    int64 int64 = 9;
    uint64 uint64 = 10;
    sint64 sint64 = 11;
    sfixed64 sfixed64 = 12;
    Kind kind = 13;
    repeated int64 longs = 14;
    repeated Order orders = 15;
    map<string, Order> named = 16;
    map<int64, string> by_long = 17;
    map<bool, Kind> by_flag = 18;
    repeated Kind kinds = 19;
    oneof choice { string first = 20; uint32 second = 21; }
    optional string maybe = 22;
    float float = 23;
  }`

const made = (options: object = {}) => protobufBase({ message: 'shop.Order', proto: definition, ...options })
const format = made()

/** What comes back of data, without the fields that were not set. */
function back(given: object, options?: object): unknown {
  const [all] = returned(made(options), given) as [Record<string, unknown>]
  return Object.fromEntries(Object.keys(given).map((key) => [key, all[key]]))
}

data('64-bit integers and enums are given and taken in each of their forms', () => {
  const most = 2n ** 64n - 1n
  const least = -(2n ** 63n)
  assert.equal(back({ uint64: most, int64: least, kind: 'ODD' }), { uint64: most, int64: least, kind: 'ODD' })
  assert.equal(back({ uint64: `${most}`, int64: `${least}`, kind: -1 }), {
    uint64: most,
    int64: least,
    kind: 'ODD',
  })
  assert.equal(back({ uint64: 7, longs: [1, 2n, '-3'] }, { longs: 'number' }), {
    uint64: 7,
    longs: [1, 2, -3],
  })
  assert.equal(back({ uint64: most, kinds: [0, 'FANCY'] }, { longs: 'string', enums: 'number' }), {
    uint64: `${most}`,
    kinds: [0, 1],
  })
  assert.equal(back({ kind: 17 }), { kind: 17 }, 'a name of a newer definition')
})

for (const [given, reason] of [
  [undefined, /the data must be an object/],
  ['text', /the data must be an object/],
  [[], /the data must be an object/],
  [Buffer.from('x'), /the data must be an object/],
  [{ txt: 'x' }, /txt is not a field of shop\.Order/],
  [{ toString: 'x' }, /toString is not a field/],
  [{ orders: [{}, { named: { a: { txt: 1 } } }] }, /orders\.1\.named\.a\.txt is not a field of shop\.Order/],
  [{ text: 5 }, /text must be a string/],
  [{ text: '\ud83d' }, /text must be a string of whole characters/],
  [{ named: { '\ud83d': {} } }, /the keys of named must be strings of whole characters/],
  [{ raw: 'aGk=' }, /raw must be a Uint8Array/],
  [{ flag: 1 }, /flag must be a boolean/],
  [{ double: '1' }, /double must be a number/],
  [{ int32: 1.5 }, /int32 must be an integer from -2147483648 to 2147483647/],
  [{ int32: 2 ** 31 }, /int32 must be an integer/],
  [{ uint32: -1 }, /uint32 must be an integer from 0 to 4294967295/],
  [{ fixed32: 2 ** 32 }, /fixed32 must be an integer/],
  [{ int64: 2n ** 63n }, /int64 must be an integer/],
  [{ uint64: -1 }, /uint64 must be an integer from 0 to 18446744073709551615/],
  [{ int64: 2 ** 53 }, /int64 must be an integer/],
  [{ int64: '1e3' }, /int64 must be an integer/],
  [{ longs: 5 }, /longs must be an array/],
  [{ longs: [1, null] }, /longs\.1 must be an integer/],
  [{ orders: {} }, /orders must be an array/],
  [{ orders: ['x'] }, /orders\.0 must be an object/],
  [{ named: [] }, /named must be an object/],
  [{ byLong: { x: 'a' } }, /byLong\.x must be an integer/],
  [{ byFlag: { yes: 0 } }, /byFlag\.yes must be true or false/],
  [{ kind: 'GONE' }, /kind must be of Kind/],
  [{ kind: 1.5 }, /kind must be of Kind/],
  [{ first: 'x', second: 1 }, /choice: multiple values/],
] as const) {
  const shown = JSON.stringify(given, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
  data(`refuses ${shown}, and says where`, () => {
    assert.throws(() => format.build(given, 't', sender), reason)
  })
}

data('refuses data that contains itself', () => {
  const order: { orders: unknown[] } = { orders: [] }
  order.orders.push(order)
  assert.throws(() => format.build(order, 't', sender))
})

data('a message without its required fields is refused', () => {
  const old = protobufBase({
    message: 'Old',
    proto: 'syntax = "proto2"; message Old { required string id = 1; }',
  })
  assert.throws(() => old.build({}, 't', sender), /id: string expected/)
  assert.equal(returned(old, { id: '' })[0], { id: '' })
})

const text = fc.string({ unit: 'grapheme' })
const int32 = fc.integer()
const uint32 = fc.nat(2 ** 32 - 1)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const kind = fc.constantFrom('PLAIN', 'FANCY', 'ODD')

/** Orders with all fields that have a default, some of the others, and such children. */
function orderOf(child?: fc.Arbitrary<object>): fc.Arbitrary<object> {
  const dictionary = <T>(key: fc.Arbitrary<string>, value: fc.Arbitrary<T>) =>
    fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true })
  const fields = {
    text,
    raw: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    flag: fc.boolean(),
    double: fc.double(),
    float: fc.float(),
    int32,
    sint32: int32,
    uint32,
    fixed32: uint32,
    int64,
    sint64: int64,
    sfixed64: int64,
    uint64,
    kind,
    longs: fc.array(int64),
    kinds: fc.array(kind),
    orders: child ? fc.array(child, { maxLength: 2 }) : fc.constant([]),
    named: child ? dictionary(text, child) : fc.constant({}),
    byLong: dictionary(int64.map(String), text),
    byFlag: dictionary(fc.constantFrom('true', 'false'), kind),
  }
  const others = fc.record({ maybe: text, first: text }, { requiredKeys: [] })
  return fc.tuple(fc.record(fields), others).map(([record, some]) => ({ ...record, ...some }))
}

data('property: every message comes back as it was', () => {
  fc.assert(
    fc.property(orderOf(orderOf()), (given) => {
      for (const each of returned(format, given)) assert.equal(each, given)
    }),
    { numRuns: 50 },
  )
})

data('property: no payload does anything but parse or throw an Error', () => {
  const base64 = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64'))
  fc.assert(
    fc.property(fc.oneof(fc.string(), base64, fc.uint8Array()), (payload) => {
      try {
        format.parse(payload, {})
      } catch (error) {
        assert.instance(error, Error)
      }
    }),
  )
})

data.run()
