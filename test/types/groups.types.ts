import { guard, type Next, Service } from 'tomodachi'
import { type Http, type HttpRequest, http } from 'tomodachi/http'
import { z } from 'zod'
import { typed } from './same.ts'

const api = http({ port: 0 })
const service = new Service()
const session = async ({ request }: { request: HttpRequest }, next: Next) => next({ session: request.path })

// The params of the prefix stand beside those of the path.
const shop = api.group('/shops/:shop')
service.on(shop.get('/items/:item/:page?'), ({ params }) => {
  typed<{ shop: string; item: string; page?: string }>()(params)
  return params.shop
})
service.on(shop.get('/'), ({ params }) => typed<{ shop: string }>()(params))
service.on(shop.route(['GET', 'PUT'], '/:id'), ({ params }) => typed<{ shop: string; id: string }>()(params))
service.on(shop.files('/files', '.'), ({ params, send }) => {
  typed<string>()(params.shop)
  return send()
})
service.on(shop.error(404), ({ params, status }) => {
  typed<string>()(params.shop)
  return [status, params.shop]
})
// @ts-expect-error neither the prefix nor the path has this param
service.on(shop.get('/items/:item'), ({ params }) => params.id)
// @ts-expect-error the group of admins has none
service.on(api.group('/admin').get('/'), ({ params }) => params.shop)
service.on(api.group('/admin').get('/:id'), ({ params }) => typed<{ id: string }>()(params))

// With a schema, what it makes of all of them.
service.on(shop.get('/:id', { params: z.object({ shop: z.coerce.number() }) }), ({ params }) =>
  typed<{ shop: number }>()(params),
)
service.on(shop.get('/:id'), () => {}, { orderBy: ({ params }) => typed<string>()(params.shop) })

// Groups nest.
const user = shop.group('/users/:user')
service.on(user.get('/:id'), ({ params }) => typed<{ shop: string; user: string; id: string }>()(params))

// Types of middleware flow into and through groups, and middleware sees the params of the prefix.
const own = guard(
  ({ params, session }: { params: { shop: string }; session: string }) =>
    params.shop === session || [403, 'no'],
)
const protectedShop = shop.use(session).use(own).group('/staff/:member')
service.on(protectedShop.get('/'), ({ session, params }) => {
  typed<string>()(session)
  typed<{ shop: string; member: string }>()(params)
  return session
})
service.on(shop.use([session, own]).get('/'), ({ session }) => session)
service.on(api.use(session).group('/x').get('/'), ({ session }) => session)
shop.use(async ({ params }, next) => next({ name: typed<string>()(params.shop) }))
// @ts-expect-error the middleware is that of another view
service.on(shop.get('/'), ({ session }) => session)
// @ts-expect-error the prefix has no such param
api.group('/admin').use(own)

// A group is a server to whoever registers routes on it.
function registered(server: Http, withSession: Http<{ session: string }>): Service<object>[] {
  return [
    new Service().on(server.get('/:id'), ({ params }) => params.id),
    new Service().on(withSession.get('/'), ({ session }) => session),
  ]
}
registered(shop, protectedShop)
registered(api.group('/admin'), api.use(session).group('/admin'))
const prefix: string = '/admin'
service.on(api.group(prefix).get('/:id'), ({ params }) => typed<string>()(params.id))
// @ts-expect-error a prefix is text
api.group(/admin/)
