import {
  type HandlerContext,
  type HookContext,
  type Kernel,
  type Logger,
  type Next,
  on,
  Service,
  type Source,
  topic,
  use,
} from 'tomodachi'
import { memory } from 'tomodachi/memory'
import { z } from 'zod'

declare const source: Source<{ readonly id: number; readonly name: string }, string>
const bus = memory()
const orderCreated = topic('order.created', { schema: z.object({ id: z.number() }) })

export class Orders extends Service {
  @on(source)
  none(): string {
    return 'x'
  }

  @on(source)
  some({ id }: { readonly id: number }): string {
    return `${id}`
  }

  @on(source)
  async all({ id, name, log }: HandlerContext & { id: number; name: string }): Promise<string> {
    log.info(name)
    return `${id}`
  }

  @on(bus.topic(orderCreated))
  created({ data }: { data: { id: number } }): void {
    this.log.info('created', { id: data.id })
  }

  @on(source)
  @on(source)
  stacked(): string {
    return 'x'
  }

  // @ts-expect-error id is a number
  @on(source)
  wrong({ id }: { id: string }): string {
    return id
  }

  // @ts-expect-error the source gives no zip
  @on(source)
  more({ zip }: { zip: string }): string {
    return zip
  }

  // @ts-expect-error a number is no reply here
  @on(source)
  number({ id }: { id: number }): number {
    return id
  }

  // @ts-expect-error neither is a promise of one
  @on(source)
  async later({ id }: { id: number }): Promise<number> {
    return id
  }

  // @ts-expect-error a handler is given one thing
  @on(source)
  two(_one: { id: number }, two: string): string {
    return two
  }

  // @ts-expect-error only methods handle
  @on(source)
  field = () => 'x'

  // @ts-expect-error this service's middleware adds no user
  @on(source)
  user({ user }: { user: string }): string {
    return user
  }

  // @ts-expect-error an order's id is a number
  @on(bus.topic(orderCreated))
  wrongData({ data }: { data: { id: string } }): void {
    this.log.info(data.id)
  }
}

export class WithUser extends Service<{ user: string }> {
  override use = use(async (_: HandlerContext, next: Next) => next({ user: 'ada' }))

  @on(source)
  greet({ user, id }: { user: string; id: number }): string {
    return `${user} ${id}`
  }

  // @ts-expect-error the user is a string
  @on(source)
  wrong({ user }: { user: number }): string {
    return `${user}`
  }
}

export class Without {
  // @ts-expect-error only services have handlers
  @on(source)
  none(): string {
    return 'x'
  }
}

export class WithHooks extends Service {
  override onStart(): void {}

  override async onStarted({ kernel, log }: HookContext): Promise<void> {
    const exact: readonly [Kernel, Logger] = [kernel, log]
    exact[1].info(kernel.state)
  }

  override onStop({ kernel }: { readonly kernel: Kernel }): void {
    kernel.exit()
  }

  // @ts-expect-error a hook is given no bus
  override onStopping({ bus }: { readonly bus: object }): void {
    this.log.info('stopping', { bus })
  }
}

export const withHooks = new Service({
  onStart: () => {},
  onStarted: ({ kernel, log }) => log.info('started', { state: kernel.state }),
  onStopping: async ({ kernel }) => void (await kernel.stopped),
  // @ts-expect-error a hook is given no bus
  onStop: ({ bus }) => bus,
})
