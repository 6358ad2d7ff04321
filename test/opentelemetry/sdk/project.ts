import { linked, linkPackage, userFolder } from '../../cli/user-folder.ts'

const service = `
  import { exit, Service } from 'tomodachi'
  import { http } from 'tomodachi/http'
  import { greet } from 'greeter'
  const api = http({ port: 0 })
  export default new Service({
    name: process.env.NAME ?? 'orders',
    async onStarted({ kernel }) {
      if (process.env.FAILS) throw new Error('cannot start')
      await fetch(kernel.adapters()[0].endpoints[0] + '/orders/7')
      if (process.env.EXIT) exit(Number(process.env.EXIT))
      if (process.env.THROWS) setImmediate(() => { throw new Error('nobody catches this') })
    },
    onStart: () => { if (process.env.FAILS) greet('early') },
    onStop: () => console.log('onStop'),
  }).on(api.get('/orders/:id'), async ({ request }) => {
    if (process.env.UPSTREAM) await fetch(process.env.UPSTREAM)
    return greet('you')
  })`

/** A library that an instrumentation has to patch. */
const greeter = {
  'node_modules/greeter/package.json':
    '{ "name": "greeter", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  'node_modules/greeter/index.js': "export const greet = (name) => 'hello ' + name",
  'node_modules/@opentelemetry/instrumentation-greeter/package.json':
    '{ "name": "@opentelemetry/instrumentation-greeter", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
  'node_modules/@opentelemetry/instrumentation-greeter/index.js': `
    import { InstrumentationBase, InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation'
    export class GreeterInstrumentation extends InstrumentationBase {
      constructor(config) { super('greeter', '1.0.0', config) }
      init() {
        return new InstrumentationNodeModuleDefinition('greeter', ['*'], (exports) => {
          this._wrap(exports, 'greet', (greet) => (...words) =>
            this.tracer.startActiveSpan('greet', (span) => { try { return greet(...words) } finally { span.end() } }))
          return exports
        })
      }
    }`,
}

const packages = ['api', 'sdk-node', 'instrumentation', 'instrumentation-undici']

/** What may be other in a project. */
export interface ProjectOptions {
  /** Files beside service.mjs and the packages. */
  readonly texts?: Readonly<Record<string, string>>
  /** The packages of OpenTelemetry that are installed. */
  readonly installed?: readonly string[]
}

/** A project whose service answers requests, calls itself when it has started, and uses a library. */
export function project({ texts = {}, installed = packages }: ProjectOptions = {}): string {
  const dependencies = {
    '@opentelemetry/instrumentation-greeter': '1',
    '@opentelemetry/instrumentation-undici': '1',
  }
  const files = {
    'package.json': JSON.stringify({ type: 'module', dependencies }),
    'service.mjs': service,
    ...greeter,
    ...texts,
  }
  return userFolder(files, (modules) => {
    linked(modules)
    for (const name of installed) linkPackage(`@opentelemetry/${name}`, modules)
  })
}
