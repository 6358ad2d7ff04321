import { type Delivery, type HandlerContext, Kernel, type Logger, run, Service, type Source } from 'tomodachi'
import type { GivenOf, ReplyOf } from 'tomodachi/adapter-kit'
import { same, typed } from './same.ts'

type Reply = string | readonly [status: number, body?: string] | undefined
declare const source: Source<{ readonly id: number; readonly name: string }, Reply>
declare const tick: Source<{ readonly firedAt: Date }, void>
const service = new Service()

// What a source gives and takes can be asked for.
same<GivenOf<typeof source>, { readonly id: number; readonly name: string }>(true)
same<ReplyOf<typeof source>, Reply>(true)

// A handler needs no annotation, whether it is an arrow function or not, async or not.
service.on(source, ({ id, name, log, signal, envelope, address, service }) => {
  typed<number>()(id)
  typed<string>()(name)
  typed<Logger>()(log)
  typed<AbortSignal>()(signal)
  typed<string>()(address)
  typed<Service>()(service)
  typed<HandlerContext['envelope']>()(envelope)
  return name
})
service.on(source, async function placeOrder({ name }) {
  return name
})
service.on(source, (context) => context.name)
service.on(source, () => 'no parameter is fine')

// A tuple stays a tuple, also in an async handler and in one that returns several kinds of reply.
service.on(source, ({ name }) => [202, name])
service.on(source, async ({ name }) => [202, name])
service.on(source, async ({ id, name }) => {
  if (id === 0) return
  return id > 10 ? [202, name] : name
})
service.on(source, async ({ name }) => {
  await Promise.resolve()
  return [201, name] as const
})

// Wrong parameters.
// @ts-expect-error the source gives no such value
service.on(source, ({ nope }) => nope)
// @ts-expect-error id is a number
service.on(source, ({ id }: { id: string }) => id)
// @ts-expect-error a value of the context cannot be replaced
service.on(source, (context) => `${++context.id}`)

// Wrong replies.
// @ts-expect-error a number is no reply here
service.on(source, ({ id }) => id)
// @ts-expect-error neither is a promise of one
service.on(source, async ({ id }) => id)
// @ts-expect-error the status comes first
service.on(source, ({ name }) => [name, 202])
// @ts-expect-error a branch that replies wrongly is enough
service.on(source, async ({ id, name }) => (id > 10 ? name : 42))
// @ts-expect-error who is not asked for a reply, gives none
service.on(tick, () => 'reply')
service.on(tick, ({ firedAt, log }) => log.info('tick', { firedAt }))
service.on(tick, async () => {})

// Options.
service.on(source, () => 'x', { name: 'x', concurrency: 3, orderBy: ({ id }) => id })
// @ts-expect-error orderBy is given what the source gives
service.on(source, () => 'x', { orderBy: ({ nope }) => nope })
// @ts-expect-error concurrency is a number
service.on(source, () => 'x', { concurrency: '3' })
// @ts-expect-error there is no such option
service.on(source, () => 'x', { parallel: 3 })

// `on` returns the service itself, subclass or not.
class Orders extends Service {
  readonly orders = new Map<number, string>()
}
typed<Orders>()(new Orders().on(source, () => 'x'))

// Services, whatever their middleware adds, run together.
declare const withUser: Service<{ user: string }>
typed<Promise<Kernel>>()(run(service, withUser, new Orders()))
new Kernel([service, withUser])
// @ts-expect-error a class is not an instance
run(Orders)

// Hooks.
new Service({ onStart: async () => {}, onStop: () => {} })
// @ts-expect-error no such hook
new Service({ onBegin: () => {} })
class Hooked extends Service {
  override onStart(): void {}
  // @ts-expect-error a hook is given nothing
  override async onStop(reason: string): Promise<void> {
    this.log.info(reason)
  }
}
new Hooked()

// Observers know what they watch.
declare const kernel: Kernel
kernel.bus.on('settled', (delivery) => {
  typed<Delivery>()(delivery)
  typed<string>()(`${delivery.actor.source.transport} ${delivery.actor.name}` as string)
  // @ts-expect-error who only watches cannot take it away
  delivery.cancel('')
  // @ts-expect-error nor say how it ended
  delivery.settlement = undefined
})
kernel.bus.on('lifecycle', ({ from, to }) => typed<string>()(`${from} ${to}` as string))
kernel.bus.on('published', async ({ topic }) => typed<string>()(topic))
