import fc from 'fast-check'
import { duration, type OptionShape, resolveOptions, size } from 'tomodachi/adapter-kit'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const units = suite('durations and sizes')

/** What an option of this shape becomes; the sentence where it is refused. */
function read(shape: OptionShape<unknown>, value: unknown): unknown {
  try {
    return resolveOptions('bus', { value }, { value: shape }).value
  } catch (error) {
    return (error as Error).message
  }
}

for (const [given, milliseconds] of [
  [0, 0],
  [1.5, 1.5],
  ['500ms', 500],
  ['1.1s', 1_100],
  ['20s', 20_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1 d', 86_400_000],
] as const) {
  units(`the duration ${JSON.stringify(given)} is ${milliseconds} ms`, () => {
    assert.is(read(duration(undefined), given), milliseconds)
  })
}

for (const given of [
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '5',
  '',
  's',
  '-5s',
  '5 minutes',
  '1h30m',
  '25d',
  null,
  true,
  {},
]) {
  units(`${String(given)} is not a duration: ${typeof given}`, () => {
    assert.match(
      String(read(duration(undefined), given)),
      /^the option bus\.value must be a duration up to 24d, /,
    )
  })
}

units('Infinity is a duration where there may be no limit', () => {
  assert.is(read(duration(undefined, { endless: true }), Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
})

units('a duration stays within its limits and steps', () => {
  const shape = duration('10s', { least: '1s', most: '1m', step: '1s' })
  assert.is(read(shape, undefined), 10_000)
  assert.is(read(shape, '1m'), 60_000)
  for (const given of ['999ms', '61s', '1.5s', 1_500])
    assert.match(String(read(shape, given)), /of whole seconds from 1s to 1m/)
})

units('property: a duration as text is that many units', () => {
  const lengths = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom(...Object.entries(lengths)), (count, [unit, length]) => {
      assert.is(read(duration(undefined, { most: 1e15 }), `${count}${unit}`), count * length)
    }),
  )
})

units('property: whatever is given, a duration is a number within the limits, or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), fc.double()), (given) => {
      const result = read(duration(0, { most: '1h' }), given)
      if (typeof result === 'number') assert.ok(result >= 0 && result <= 3_600_000, String(result))
      else assert.match(String(result), /^the option bus\.value must be a duration/)
    }),
  )
})

for (const [name, shape] of [
  ['duration', duration(undefined)],
  ['size', size(undefined)],
] as const)
  units(`a ${name} that cannot even be made text is refused`, () => {
    for (const given of [{ toString: 0 }, [{ toString: 0 }], [[Symbol('x')]], Object.create(null)])
      assert.match(String(read(shape, given)), `the option bus.value must be a ${name}`)
  })

for (const [given, bytes] of [
  [1, 1],
  ['1B', 1],
  ['1K', 1_024],
  ['512KB', 524_288],
  ['1.5MB', 1_572_864],
  ['2 GB', 2_147_483_648],
] as const) {
  units(`the size ${JSON.stringify(given)} is ${bytes} bytes`, () => {
    assert.is(read(size(undefined), given), bytes)
  })
}

for (const given of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', '0MB', '1s', '1TB', null, []]) {
  units(`${String(given)} is not a size: ${typeof given}`, () => {
    assert.match(String(read(size(undefined), given)), /^the option bus\.value must be a size, /)
  })
}

units('property: a size as text is that many units', () => {
  const lengths = { B: 1, KB: 1_024, MB: 1_024 ** 2, GB: 1_024 ** 3 }
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.constantFrom(...Object.entries(lengths)),
      (count, [unit, length]) => {
        assert.is(read(size(undefined), `${count}${unit}`), count * length)
      },
    ),
  )
})

units.run()
