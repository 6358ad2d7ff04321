// Middleware at all three levels: of the service, of a transport, of a handler. What one adds to the context is typed
// for those that follow; forgetting to call next() does not compile.
// Run it: npx tomodachi run examples/03-middleware.ts
// Try it: curl -u bob: http://127.0.0.1:9700/me
//         curl -u ada: -X DELETE http://127.0.0.1:9700/accounts/eve
import { guard, type HandlerContext, type Next, reply, Service, use } from 'tomodachi'
import { type HttpRequest, http } from 'tomodachi/http'

// For every handler of the service, whatever its transport: it needs what all contexts have.
const timed = async ({ log }: HandlerContext, next: Next) => {
  const startedAt = performance.now()
  const outcome = await next()
  log.info('handled', { milliseconds: Math.round(performance.now() - startedAt) })
  return outcome
}

// For every HTTP handler: it needs a request, and adds a user.
const session = async ({ request }: { request: HttpRequest }, next: Next) => {
  const name = request.authUser
  if (name === undefined) return reply([401, 'Who are you?\n', { 'www-authenticate': 'Basic' }])
  return next({ user: { name, admin: name === 'ada' } })
}

// For one handler: it needs the user that `session` adds.
const adminOnly = guard(({ user }: { user: { admin: boolean } }) => user.admin || [403, 'Only for admins.\n'])

const api = http({ port: Number(process.env.PORT ?? 9700) }).use(session)

export default new Service({ name: 'accounts', use: use(timed) })
  .on(api.get('/me'), ({ user }) => `You are ${user.name}.\n`)
  .on(api.delete('/accounts/:name'), ({ params, user }) => `${user.name} removed ${params.name}.\n`, {
    use: [adminOnly],
  })
