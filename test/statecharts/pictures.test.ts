import { spawnSync } from 'node:child_process'
import * as charts from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { builtPictures, pictures } from '../inside.ts'

const { draw } = charts
const built = suite('pictures made at build')

/** The machines that the entry exports, by name. */
const machines = Object.entries(charts).flatMap(([name, value]) =>
  typeof value === 'object' && 'states' in value ? [[name, value] as const] : [],
)

/** Where beautiful-mermaid is not installed. */
const WITHOUT_RENDERER = `
import { registerHooks } from 'node:module'
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('beautiful-mermaid')) return next(specifier, context)
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
  },
})
const charts = await import('tomodachi/statecharts')
const { createMachine } = await import('xstate')
`

function withoutRenderer(program: string): unknown {
  const text = `${WITHOUT_RENDERER}${program}`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
  })
  assert.is(stderr, '')
  return JSON.parse(stdout)
}

/** The ways to say where a machine is: nowhere, or in one of its states, given by its path. */
function placesIn(machine: (typeof machines)[number][1]): unknown[] {
  const { states } = JSON.parse(draw(machine, { format: 'json' })) as charts.Chart
  return [
    undefined,
    ...states.map(({ path }) =>
      path.split('.').reduceRight<unknown>((inner, key) => (inner === '' ? key : { [key]: inner }), ''),
    ),
  ]
}

built('they are those that the renderer makes of the machines now', () => {
  assert.equal(builtPictures(), pictures())
})

for (const [name, machine] of machines) {
  built(`${name} is drawn without the renderer, wherever it is`, () => {
    const cases = placesIn(machine).flatMap((active) =>
      (['svg', 'ascii'] as const).map((format) => ({ format, ...(active !== undefined && { active }) })),
    )
    const drawn = withoutRenderer(`
      const cases = ${JSON.stringify(cases)}
      console.log(JSON.stringify(cases.map((options) => charts.draw(charts.${name}, options))))
    `)
    assert.equal(
      drawn,
      cases.map((options) => draw(machine, options as charts.DrawOptions)),
    )
  })
}

built('a machine that runs in a kernel, with its steps provided, is drawn without the renderer', () => {
  assert.is(
    withoutRenderer(`
      const { configureLogging, Kernel, Service } = await import('tomodachi')
      const { memory } = await import('tomodachi/memory')
      configureLogging({ logger: 'disabled' })
      const service = new Service().on(memory().topic('x'), () => {})
      const kernel = await new Kernel([service], { ownsProcess: false }).start()
      const { logic } = kernel.lifecycle
      const same = charts.draw(logic, { format: 'svg', active: kernel.lifecycle.getSnapshot() })
        === charts.draw(charts.lifecycle, { format: 'svg', active: 'started' })
      await kernel.stop()
      console.log(same)
    `),
    true,
  )
})

built('for other machines it says what to install, unless the format needs no renderer', () => {
  const outcomes = withoutRenderer(`
    const own = createMachine({ id: 'lifecycle', initial: 'idle', states: { idle: { on: { go: 'on' } }, on: {} } })
    const outcome = (format) => {
      try { return typeof charts.draw(own, { format }) } catch ({ code, message }) { return code + ' ' + message }
    }
    console.log(JSON.stringify([undefined, 'mermaid', 'json', 'svg', 'ascii'].map(outcome)))
  `)
  const missing =
    'PACKAGE_MISSING draw() needs the package beautiful-mermaid to draw your own machines as svg or ascii; ' +
    'install it with "npm install beautiful-mermaid"'
  assert.equal(outcomes, ['string', 'string', 'string', missing, missing])
})

built.run()
