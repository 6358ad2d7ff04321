/** A service that says where it listens. */
export const SERVICE = `
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'

const api = http({ port: 0 })

export default new Service({
  name: 'packed',
  onStarted() {
    process.stdout.write('ready ' + JSON.stringify({ url: api.url, pid: process.pid }) + '\\n')
  },
}).on(api.get('/hello/:name'), ({ params }) => 'hello ' + params.name)
`

/** A service that Node does not load by itself. */
export const DECORATED = `import { on, Service } from 'tomodachi'
import { memory } from 'tomodachi/memory'

export class Orders extends Service {
  @on(memory().topic('order.created'))
  created(): void {}
}
`

/** A program on every entry of the package, which needs none of the optional peers to be there. */
export const program = (entries: readonly string[]) => `
import { type DataOf, type HookContext, Service, topic } from 'tomodachi'
import { amqp } from 'tomodachi/amqp'
import { protobufBase } from 'tomodachi/envelopes'
import { http } from 'tomodachi/http'
import { redis } from 'tomodachi/redis'
import { snsSqs } from 'tomodachi/sns-sqs'
import { draw, lifecycle } from 'tomodachi/statecharts'
${entries.map((entry, index) => `import * as entry${index} from '${entry}'`).join('\n')}

export const entries = { ${entries.map((_, index) => `entry${index}`).join(', ')} }
const price = topic<{ readonly id: number }>('price')
export const id: DataOf<typeof price>['id'] = 1
const onStarted = ({ kernel, log }: HookContext) => log.info(kernel.state)
const service = new Service({ onStarted }).on(http().get('/orders/:id'), ({ params }) => params.id)
for (const bus of [amqp(), redis(), snsSqs()]) service.on(bus.topic(price), ({ data }) => void data.id.toFixed())
export const picture: () => string | Promise<string> = () => draw(lifecycle)
export const format = () => protobufBase({ message: 'Price', proto: 'message Price { int32 id = 1; }' })
// @ts-expect-error what is not known is unknown, not any
service.on(http().get('/orders'), ({ query }) => query.page.size)
`

/** Draws a machine of ours and one of a user, and says what came of the latter. */
export const DRAWING = `
import { draw, worker } from 'tomodachi/statecharts'
import { createMachine } from 'xstate'

const own = createMachine({ id: 'own', initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } })
const drawn = [draw(worker, { format: 'svg', active: 'backingOff' }), draw(own), draw(own, { format: 'json' })]
let failure
try {
  draw(own, { format: 'svg' })
} catch ({ code, message, stack }) {
  failure = { code, message, stack }
}
console.log(JSON.stringify({ lengths: drawn.map(({ length }) => length), failure }))
`
