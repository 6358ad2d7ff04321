import { report } from '../report.mjs'
import { data, format, handler, middlewares, rate } from './messages.mjs'

const sender = { name: 'bench', uuid: 'c6ff2f4e-3e0c-4d1f-8f0e-3a5f9d0c7b11' }

const composed = middlewares.reduceRight(
  (next, middleware) => (context) => middleware(context, () => next(context)),
  handler,
)

async function deliver(messages) {
  for (let left = messages; left > 0; left--) {
    const payload = format.build(data, 'order.created', sender)
    await composed(format.parse(payload))
  }
}

report({}, { deliver: (milliseconds) => rate(milliseconds, deliver) })
