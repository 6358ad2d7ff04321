import {
  guard,
  type HandlerContext,
  type Middleware,
  type Next,
  type Outcome,
  reply,
  Service,
  type Source,
  use,
} from 'tomodachi'
import type { AddedBy, AddedByAll } from 'tomodachi/adapter-kit'
import { memory } from 'tomodachi/memory'
import { same, typed } from './same.ts'

declare const source: Source<{ readonly id: number }, string>
const addUser = async (_: HandlerContext, next: Next) => next({ user: 'ada' })
const addOrder = async ({ id }: { readonly id: number }, next: Next) => next({ order: id })
const addGreeting = async ({ user }: { readonly user: string }, next: Next) =>
  next({ greeting: `hello ${user}` })
const pass = async (_: object, next: Next) => next()

// What a middleware adds can be asked for.
same<AddedBy<typeof addUser>, { user: string }>(true)
typed<string>()({} as AddedByAll<[typeof addUser, typeof addOrder]>['user'])
typed<number>()({} as AddedByAll<[typeof addUser, typeof addOrder]>['order'])

// First level: the service.
new Service({ use: use(addUser).use(addGreeting).use(pass) }).on(source, ({ user, greeting, id }) => {
  typed<string>()(user)
  typed<string>()(greeting)
  typed<number>()(id)
  return greeting
})
new Service({ use: use(async ({ log, service }, next) => next({ name: service.name, log2: log })) })
new Service({ use: use(addUser).use(async ({ user }, next) => next({ shout: `${user}!` })) }).on(
  source,
  ({ shout }) => shout,
)
// @ts-expect-error nothing adds the user
new Service({ use: use(addGreeting) })
// @ts-expect-error the user is added after the greeting that needs it
new Service({ use: use(pass).use(addGreeting).use(addUser) })
// @ts-expect-error the service's middleware does not know the transport's values
new Service({ use: use(addOrder) })
// @ts-expect-error this service adds no user
new Service({ use: use(pass) }).on(source, ({ user }) => user)

// Second level: the transport.
const bus = memory()
  .use(async ({ data, topic, attempt }, next) => next({ seen: `${topic} ${attempt} ${data}` }))
  .use(addUser)
  .use(addGreeting)
  .use(guard(({ seen }) => seen.length > 0 || 'no'))
new Service().on(bus.topic('order.created'), ({ seen, greeting, data }) => {
  typed<string>()(seen)
  typed<string>()(greeting)
  typed<unknown>()(data)
})
// @ts-expect-error nothing adds the user
memory().use(addGreeting)
// @ts-expect-error a message has no id
memory().use(addOrder)
// @ts-expect-error this bus adds nothing
new Service().on(memory().topic('order.created'), ({ seen }) => seen)

// Third level: the handler.
const service = new Service({ use: use(addUser) })
service.on(source, ({ user, greeting, order, id }) => `${user} ${greeting} ${order} ${id}`, {
  use: [addGreeting, addOrder, pass],
  orderBy: ({ id }) => id,
})
const isSeven = ({ id }: { readonly id: number }) => id === 7 || 'not seven'
service.on(source, ({ order }) => `${order}`, { use: [addOrder, guard(isSeven)] })
service.on(source, ({ order }) => `${order}`, { use: [guard(() => true), addOrder] })
service.on(source, () => 'x', { use: [guard(() => {}), guard(async () => {}), guard(() => undefined)] })
service.on(source, () => 'x', {
  use: guard(async ({ id }: { id: number }) => id === 7 || ([403, 'no'] as const)),
})
service.on(source, () => 'x', {
  use: guard(({ id }: { id: number }) => (id === 7 ? undefined : { status: 403 })),
})
service.on(source, () => 'x', {
  use: guard(({ id }: { id: number }) => {
    if (id < 7) return 'too small'
    return id > 7 ? 'too large' : true
  }),
})
service.on(source, () => 'x', { use: guard((): unknown => JSON.parse('[403]')) })
service.on(source, () => 'x', { use: guard(() => JSON.parse('[403]')) })
service.on(source, ({ size }) => `${size}`, {
  use: [async ({ id }: { readonly id: number }, next: Next) => next({ size: id })],
})
// @ts-expect-error nothing adds the user
new Service().on(source, () => 'x', { use: [addGreeting] })
// @ts-expect-error the user is added after the greeting that needs it
new Service().on(source, () => 'x', { use: [addGreeting, addUser] })
// @ts-expect-error a message of this source has no zip
service.on(source, () => 'x', { use: [guard(({ zip }: { zip: string }) => zip === '1' || 'no')] })
// @ts-expect-error no middleware adds an order here
service.on(source, ({ order }) => `${order}`, { use: [pass] })

// A forgotten next does not compile; neither does one that is not returned.
// @ts-expect-error nothing is returned
const forgetful: Middleware = async () => {}
// @ts-expect-error next() is not returned
const careless: Middleware = async (_, next) => void (await next())
// @ts-expect-error on one way nothing is returned
const partly: Middleware<{ readonly id: number }> = async ({ id }, next) => {
  if (id > 3) return next()
}
// @ts-expect-error an outcome cannot be made by hand
const forged: Outcome = {}
// @ts-expect-error nor can the reply be returned without reply()
const plain: Middleware = async () => 'text'
// @ts-expect-error the same within use
use(async () => {})
// @ts-expect-error the same in an array
service.on(source, () => 'x', { use: [async () => {}] })
export const mistakes = [forgetful, careless, partly, forged, plain]

// A middleware that says what it adds must add it.
const declared: Middleware<HandlerContext, { user: string }> = async (_, next) => next({ user: 'ada' })
const replying: Middleware<HandlerContext, { user: string }> = async (_, next) =>
  Math.random() > 0.5 ? next({ user: 'ada' }) : reply('no user')
// @ts-expect-error the user is missing
const missing: Middleware<HandlerContext, { user: string }> = async (_, next) => next()
// @ts-expect-error the user is a string
const wrong: Middleware<HandlerContext, { user: string }> = async (_, next) => next({ user: 42 })
export const declarations = [declared, replying, missing, wrong]
service.on(source, ({ user }) => user, { use: [declared, replying] })

// One that may reply instead of going on adds, for those after it, what it adds when it goes on.
const session = async ({ log }: HandlerContext, next: Next) =>
  log.name === '' ? reply('no session') : next({ session: 'abc' })
service.on(source, ({ session }) => session, { use: [session] })

// One middleware, a list, or `use(a).use(b)`, wherever middleware is taken.
new Service({ use: addUser }).on(source, ({ user }) => user)
new Service({ use: [addUser, addGreeting] }).on(source, ({ user, greeting }) => user + greeting)
new Service({ use: [addUser] as const }).on(source, ({ user, greeting }) => user + greeting, {
  use: addGreeting,
})
new Service({ use: [] }).on(source, () => 'x')
// @ts-expect-error nothing adds the user
new Service({ use: addGreeting })
// @ts-expect-error the user is added after the greeting that needs it
new Service({ use: [addGreeting, addUser] })
// @ts-expect-error the service's middleware does not know the transport's values
new Service({ use: [addOrder] })
// @ts-expect-error this service adds no greeting
new Service({ use: [addUser] }).on(source, ({ greeting }) => greeting)
service.on(source, ({ order }) => `${order}`, { use: addOrder })
service.on(source, ({ greeting, shout }) => greeting + shout, {
  use: use(addUser).use(async ({ user }, next) => next({ greeting: user, shout: `${user}!` })),
})
// @ts-expect-error nothing adds the greeting
service.on(source, ({ greeting }) => greeting, { use: addOrder })
const listed = memory().use([addUser, addGreeting])
new Service().on(
  listed.topic('t'),
  ({ user, greeting, data }) => void [user, greeting, typed<unknown>()(data)],
)
new Service().on(memory().use(use(addUser).use(addGreeting)).topic('t'), ({ greeting }) => void greeting)
// @ts-expect-error the user is added after the greeting that needs it
memory().use([addGreeting, addUser])
new Service({ use: use([addUser, addGreeting]).use([pass]) }).on(source, ({ greeting }) => greeting)
new Service({ use: use(addUser).use(use(pass).use(pass)).use([addGreeting]) }).on(
  source,
  ({ greeting }) => greeting,
)
// @ts-expect-error the user is added after the greeting that needs it
use([addGreeting, addUser])
// @ts-expect-error nothing adds the user
use(pass).use([addGreeting])
// @ts-expect-error a middleware returns next() or reply(value)
use([async () => 'text'])
export class Listed extends Service<{ user: string }> {
  override use = [addUser, pass]
}
export class Single extends Service<{ user: string }> {
  override use = addUser
}
