// syntax: decorators
import { type HandlerContext, type Next, on, Service, use } from 'tomodachi'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeAdapter } from '../fake-adapter.ts'
import { logged, quiet, started } from '../started.ts'

const classFace = suite('class face')
classFace.before(quiet)

const api = fakeAdapter()
const get = (path: string) => api.source<{ readonly id: number }, string>(path)

/** What the handlers of a service reply, by path. */
async function replies(service: Service<unknown>, ...paths: readonly string[]): Promise<unknown[]> {
  const kernel = await started(service)
  const settlements = await Promise.all(paths.map((path) => api.send(path, { id: 7 }).settled))
  await kernel.stop()
  return settlements.map((settlement) => (settlement.state === 'acked' ? settlement.reply : settlement))
}

classFace('@on registers a method, bound to its instance, and leaves it alone', async () => {
  class Orders extends Service {
    readonly prefix: string
    constructor(prefix: string) {
      super()
      this.prefix = prefix
    }

    @on(get('/order'))
    order({ id }: { id: number }): string {
      return `${this.prefix} ${id}`
    }
  }
  const orders = new Orders('order')
  assert.is(orders.order({ id: 1 }), 'order 1', 'still a method')
  assert.equal(
    orders.registrations.map(({ name, source }) => [name, source.address]),
    [['order', '/order']],
  )
  assert.equal(await replies(orders, '/order'), ['order 7'])
  assert.equal(await replies(new Orders('another'), '/order'), ['another 7'], 'instances share nothing')
})

classFace('@on stacks', async () => {
  class Orders extends Service {
    @on(get('/a'))
    @on(get('/b'))
    async order({ id }: { id: number }): Promise<string> {
      return `order ${id}`
    }
  }
  assert.is(new Orders().registrations.length, 2)
  assert.equal(await replies(new Orders(), '/a', '/b'), ['order 7', 'order 7'])
})

classFace('private methods and fields', async () => {
  class Orders extends Service {
    #count = 0

    @on(get('/count'))
    // biome-ignore lint/correctness/noUnusedPrivateClassMembers: the decorator registers it
    #counted(): string {
      this.#count++
      return this.describe()
    }

    describe(): string {
      return `counted ${this.#count}`
    }
  }
  assert.equal(await replies(new Orders(), '/count'), ['counted 1'])
})

classFace(
  'a subclass inherits handlers; a method that it overrides handles in their place, once',
  async () => {
    class Orders extends Service {
      @on(get('/order'))
      order(): string {
        return 'order'
      }
      @on(get('/list'))
      list(): string {
        return 'list'
      }
    }
    class Special extends Orders {
      override order(): string {
        return `special ${super.order()}`
      }
      @on(get('/more'))
      more(): string {
        return 'more'
      }
    }
    const special = new Special()
    assert.is(special.registrations.length, 3)
    assert.equal(await replies(special, '/order', '/list', '/more'), ['special order', 'list', 'more'])
    assert.is(new Orders().registrations.length, 2, 'the parent has not changed')
  },
)

classFace('name, middleware and drain timeout as fields, hooks as methods', async () => {
  const order: string[] = []
  const addUser = async (_: HandlerContext, next: Next) => next({ user: 'ada' })
  class Orders extends Service<{ user: string }> {
    override name = 'orders'
    override use = use(addUser)
    override readonly drainTimeout = 5

    override onStart(): void {
      order.push('onStart')
    }
    override async onStarted(): Promise<void> {
      order.push('onStarted')
    }
    override onStopping(): void {
      order.push('onStopping')
    }
    override onStop(): void {
      order.push('onStop')
    }

    @on(get('/user'))
    user({ user, log, service }: HandlerContext & { user: string }): string {
      log.info('called')
      return `${user} of ${service.name}`
    }
  }
  const records = logged('info')
  assert.equal(await replies(new Orders(), '/user'), ['ada of orders'])
  quiet()
  assert.equal(order, ['onStart', 'onStarted', 'onStopping', 'onStop'])
  const { fields } = records.find(({ message }) => message === 'called') ?? {}
  assert.equal([fields?.handler, fields?.service], ['user', 'orders'])
})

classFace('both faces in one service', async () => {
  class Orders extends Service {
    @on(get('/method'))
    method(): string {
      return 'method'
    }
  }
  const service = new Orders().on(get('/function'), () => 'function')
  assert.equal(await replies(service, '/method', '/function'), ['method', 'function'])
})

classFace.run()
