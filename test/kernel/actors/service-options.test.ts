import { Service } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter } from '../fake-adapter.ts'
import { quiet, thrownBy } from '../started.ts'

const options = suite('options of services')
options.before(quiet)

for (const [option, value] of [
  ['name', 1],
  ['name', ''],
  ['name', null],
  ['drainTimeout', '5'],
  ['adapters', 1],
  ['adapters', [undefined]],
  ['adapters', fakeAdapter()],
  ['use', 'auth'],
  ['use', [{}]],
  ['onStart', 'now'],
  ['use', ['auth']],
] as const) {
  options(`a service with an invalid ${option}: ${String(value)}`, async () => {
    const { code, message } = await thrownBy(() => new Service({ [option]: value }))
    assert.is(code, 'OPTION_INVALID')
    assert.ok(message.startsWith(`the option Service.${option} must be `), message)
  })
}

for (const [option, value] of [
  ['concurrency', '2'],
  ['orderBy', 'id'],
  ['use', 1],
  ['use', [[() => {}]]],
  ['use', [undefined]],
  ['use', fakeAdapter().source('work')],
] as const) {
  options(`on() with an invalid ${option}: ${String(value)}`, async () => {
    const service = new Service()
    const on = () => service.on(fakeAdapter().source('work'), () => {}, { [option]: value } as never)
    const { code, message } = await thrownBy(on)
    assert.is(code, 'OPTION_INVALID')
    assert.ok(message.startsWith(`the option on.${option} must be `), message)
    assert.is(service.registrations.length, 0)
  })
}

options('an option of undefined counts as left out', () => {
  const service = new Service({ name: undefined, use: undefined, drainTimeout: undefined } as never)
  assert.equal([service.name, service.drainTimeout], ['service', 25_000])
})

options('the drain timeout is a duration, or Infinity', () => {
  assert.is(new Service({ drainTimeout: '1m' }).drainTimeout, 60_000)
  assert.is(new Service({ drainTimeout: Number.POSITIVE_INFINITY }).drainTimeout, Number.POSITIVE_INFINITY)
})

options.run()
