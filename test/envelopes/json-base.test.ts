import { deflateSync, gzipSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { jsonBase } from 'tomodachi/envelopes'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { messageUuid, parsedLike, payloadOf, recorded, returned, sender } from './recorded.ts'

const json = suite('jsonBase')
const format = jsonBase()

const items = Array.from({ length: 9_999 }, (_, index) => `item ${index + 1}`)

/** A wire text with the identity and the time of the recorded ones. */
function normalized(wire: string): string {
  const own = new RegExp(`"message_uuid": "${sender.uuid}\\.[0-9a-f-]{36}"`)
  assert.match(wire, own)
  return wire
    .replace(own, `"message_uuid": "${messageUuid}"`)
    .replace(/"timestamp": \d+\.\d+, /, `"timestamp": ${recorded.fixed.time}, `)
}

/** The data as it stands in a wire text. */
function written(data: unknown): string {
  const wire = payloadOf(format.build(data, 't', sender))
  return wire.slice(wire.indexOf('"data": ') + 8, -1)
}

for (const { data, wire, parsed_message } of recorded.json) {
  json(`writes ${JSON.stringify(data)} as Python does, to the letter`, () => {
    assert.is(normalized(payloadOf(format.build(data, 'topic.name', sender))), wire)
  })

  json(`reads ${JSON.stringify(data)} as Python wrote it`, () => {
    assert.equal(format.parse(wire, {}), parsedLike(parsed_message))
    assert.equal(format.parse(Buffer.from(wire), {}), parsedLike(parsed_message))
  })
}

json('reads the large message that Python compressed', () => {
  const { data, metadata } = format.parse(recorded.json_large.wire, {})
  assert.equal(data, items)
  assert.equal(metadata, parsedLike(recorded.json_large.wire_without_data).metadata)
})

json('compresses the large message as Python does', () => {
  const [ours, theirs] = [payloadOf(format.build(items, 'topic.name', sender)), recorded.json_large.wire].map(
    (wire) => {
      const { data, ...head } = JSON.parse(normalized(wire)) as { data: string }
      return { ...head, data: inflateSync(Buffer.from(data, 'base64')).toString() }
    },
  )
  assert.equal(ours, theirs)
})

json('compresses from 60,000 characters on, as Python counts them', () => {
  for (const [data, encoding] of [
    ['x'.repeat(59_997), 'raw'],
    ['x'.repeat(59_998), 'base64_gzip_json'],
    // Six characters of ASCII each.
    ['å'.repeat(9_999), 'raw'],
    ['å'.repeat(10_000), 'base64_gzip_json'],
  ] as const) {
    const wire = payloadOf(format.build(data, 't', sender))
    assert.is(JSON.parse(wire).metadata.data_encoding, encoding)
    assert.is(format.parse(wire, {}).data, data)
  }
})

json('reads the message in a body that Python sent to a queue, which has no topic', () => {
  const { Message } = JSON.parse(recorded.sqs_send_message_body.body) as { Message: string }
  const { data, metadata } = format.parse(Message, {})
  assert.is(metadata?.topic, '')
  assert.is(normalized(payloadOf(format.build(data, '', sender))), normalized(Message))
})

for (const { payload, error, result } of recorded.json_parse_edge) {
  if (result?.[0].metadata.data_encoding === 'raw') {
    json(`reads ${payload} as Python does`, () => {
      assert.equal(format.parse(payload, {}), parsedLike(result[0]))
    })
  } else {
    json(`refuses ${payload}${error ? ' as Python does' : ', of which Python would make no data'}`, () => {
      assert.throws(() => format.parse(payload, {}))
    })
  }
}

const compressedWire = (data: unknown) =>
  JSON.stringify({ metadata: { data_encoding: 'base64_gzip_json' }, data })

for (const [payload, reason] of [
  ['', /end of JSON/],
  ['[]', /not a JSON object/],
  ['null', /not a JSON object/],
  ['{"metadata":[]}', /no metadata/],
  ['{"metadata":{"data_encoding":"other"}}', /the data encoding "other" is unknown/],
  ['{"metadata":{}}', /the data encoding undefined is unknown/],
  [compressedWire(5), /compressed data is not text/],
  [compressedWire('%%%%'), /compressed data is not base64/],
  [compressedWire('eJw'), /compressed data is not base64/],
  [compressedWire(gzipSync('1').toString('base64')), /header/],
  [compressedWire(deflateSync('{').toString('base64')), /JSON/],
  [Uint8Array.of(0x22, 0xff, 0x22), /not text in UTF-8/],
] as const) {
  json(`refuses ${String(payload).slice(0, 60) || 'nothing'}, and says why`, () => {
    assert.throws(() => format.parse(payload, {}), reason)
  })
}

json('writes numbers as Python does', () => {
  for (const [value, text] of [
    [0, '0'],
    [-0, '-0.0'],
    [-1.5, '-1.5'],
    [1e-7, '1e-07'],
    [0.00001, '1e-05'],
    [0.000012345, '1.2345e-05'],
    [-0.0001, '-0.0001'],
    [1.5e-10, '1.5e-10'],
    [5e-324, '5e-324'],
    [123456789.125, '123456789.125'],
    [1e20, '100000000000000000000'],
    [1e22, '1e+22'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
  ] as const) {
    assert.is(written(value), text)
  }
})

json('writes strings as Python does', () => {
  assert.is(written('"\\/\b\f\n\r\t\0\u001f'), '"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f"')
  assert.is(written('\u007f\u0080\u2028ÿ'), '"\\u007f\\u0080\\u2028\\u00ff"')
  assert.is(written('😀 \ud83d'), '"\\ud83d\\ude00 \\ud83d"')
  assert.is(written({ '"å': [] }), '{"\\"\\u00e5": []}')
})

json('leaves out and converts what JSON does', () => {
  const at = new Date(0)
  const toJSON = (key: string) => ({ key, toJSON: () => 'not asked again' })
  for (const [data, text] of [
    [undefined, 'null'],
    [{ a: undefined, b: () => {}, c: Symbol('c'), d: 1 }, '{"d": 1}'],
    [[undefined, () => {}, Symbol('c')], '[null, null, null]'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tried
    [[1, , 2], '[1, null, 2]'],
    [{ at, none: new Date(Number.NaN) }, '{"at": "1970-01-01T00:00:00.000Z", "none": null}'],
    [{ x: { toJSON } }, '{"x": {"key": "x"}}'],
    [[Object('s'), Object(1), Object(false), new Map([[1, 2]])], '["s", 1, false, {}]'],
  ] as const) {
    assert.is(written(data), text)
  }
})

json('refuses data for which JSON has no words', () => {
  const circular: unknown[] = []
  circular.push({ circular })
  for (const [data, reason] of [
    [1n, /BigInt/],
    [{ a: Object(1n) }, /BigInt/],
    [[Number.NaN], /NaN cannot be put into JSON/],
    [Number.POSITIVE_INFINITY, /Infinity cannot be put into JSON/],
    [circular, /contains itself/],
  ] as const) {
    assert.throws(() => format.build(data, 't', sender), reason)
  }
})

json('refuses data that grows beyond the bound, before it is there', () => {
  const bomb = (size: number) => compressedWire(deflateSync(`"${'0'.repeat(size)}"`).toString('base64'))
  const large = bomb(40_000_000)
  assert.ok(large.length < 60_000, 'a small message')
  assert.throws(() => format.parse(large, {}), /larger than 33554432 bytes when decompressed/)
  const strict = jsonBase({ maxDecompressedSize: 1_000 })
  assert.is(strict.parse(bomb(998), {}).data, '0'.repeat(998))
  assert.throws(() => strict.parse(bomb(999), {}), /larger than 1000 bytes/)
})

json('refuses options that make no sense', () => {
  for (const maxDecompressedSize of [0, -1, 1.5, Number.NaN, '1s', null] as never[]) {
    assert.throws(
      () => jsonBase({ maxDecompressedSize }),
      ({ code, message }: { code: string; message: string }) =>
        code === 'OPTION_INVALID' &&
        message.startsWith('the option jsonBase.maxDecompressedSize must be a size, such as 1024 (bytes)'),
    )
  }
  assert.throws(
    () => jsonBase({ compress: true } as never),
    /^jsonBase\(\) has no option "compress"; it has maxDecompressedSize$/,
  )
})

json('property: whatever JSON can say comes back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (data) => {
      for (const back of returned(format, data)) assert.equal(back, data)
    }),
  )
})

json('property: the text is that of JSON, with other spaces and in ASCII', () => {
  fc.assert(
    fc.property(fc.anything({ maxDepth: 4 }).filter(isJson), (data) => {
      const text = written(data)
      assert.match(text, /^[ -~]*$/)
      assert.equal(JSON.parse(text), JSON.parse(JSON.stringify(data) ?? 'null'))
      assert.not.match(text.replace(/"(?:[^"\\]|\\.)*"/g, '""'), /[,:](?! )|[[{(] | [\]})]/)
    }),
  )
})

/** Data that JSON.stringify takes, and does not bend: it makes null of NaN, and 0 of -0. */
function isJson(data: unknown): boolean {
  try {
    const bent = (value: unknown) =>
      typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    let straight = true
    JSON.stringify(data, (_, value) => {
      if (bent(value) || bent((value as object | null)?.valueOf())) straight = false
      return value
    })
    return straight
  } catch {
    return false
  }
}

json('property: no payload does anything but parse or throw an Error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (payload) => {
      try {
        format.parse(payload, {})
      } catch (error) {
        assert.instance(error, Error)
      }
    }),
  )
})

json.run()
