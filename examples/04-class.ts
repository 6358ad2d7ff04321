// The same verb, `on`, as a decorator: for those who like a service to be a class.
// Run it: npx tomodachi run examples/04-class.ts
// Try it: curl http://127.0.0.1:9700/hi/ada
//         curl http://127.0.0.1:9700/greeted
import { on, Service, topic } from 'tomodachi'
import { http } from 'tomodachi/http'
import { memory } from 'tomodachi/memory'

const api = http({ port: Number(process.env.PORT ?? 9700) })
const bus = memory()
const greeted = topic<{ name: string }>('greeted')

export class Greeter extends Service {
  override name = 'greeter'
  #greeted: string[] = []

  override onStop() {
    this.log.info('bye', { greeted: this.#greeted.length })
  }

  @on(api.get('/hello/:name'))
  @on(api.get('/hi/:name'))
  async hello({ params }: { params: { name: string } }) {
    await bus.publish(greeted, { name: params.name })
    return `Hello, ${params.name}!\n`
  }

  @on(api.get('/greeted'))
  list() {
    return { body: this.#greeted }
  }

  @on(bus.topic(greeted))
  remember({ data }: { data: { name: string } }) {
    this.#greeted.push(data.name)
  }
}
