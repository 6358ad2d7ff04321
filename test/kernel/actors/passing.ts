import type { HandlerContext, Middleware, Settlement } from 'tomodachi'
import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import { turn } from '../fake-adapter.ts'
import { through } from '../through.ts'

export type AnyPass = Middleware<HandlerContext, unknown>

/** A middleware that only lets the rest run. */
export const pass: AnyPass = async (_, next) => next()

/** How a delivery ended whose handler is `handler`, behind this middleware, outermost first. */
export function passed(handler: () => unknown, ...use: readonly AnyPass[]): Promise<Settlement> {
  return through((service, source) => service.on(source, handler as () => string, { use: use as never }))
}

/** Has each test of a suite fail that leaves a rejection unhandled. */
export function refuseStrays(tests: Test): void {
  const strays: unknown[] = []
  const note = (error: unknown) => strays.push(error)
  tests.before(() => void process.on('unhandledRejection', note))
  tests.after(() => void process.off('unhandledRejection', note))
  tests.after.each(async () => {
    await turn()
    assert.equal(strays.splice(0), [])
  })
}
