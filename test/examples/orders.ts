// What 02-orders.ts does, whatever bus it is on.
import * as assert from 'uvu/assert'
import { eventually, json, type Run, withExample } from './example.ts'

/** Runs it on one bus: an order that works the second time, one that is set aside, one that is refused. */
export async function ordersWork(run: Run = {}): Promise<void> {
  await withExample(
    '02-orders.ts',
    async (url, { stdout }) => {
      for (const path of ['/orders', '/dead-letters', '/slow'])
        assert.ok(stdout.includes(` ${url}${path}`), path)
      await isReserved(url)
      await isSetAside(url)
      await isRefused(url)
    },
    run,
  )
}

async function isReserved(url: string): Promise<void> {
  const accepted = await post(url, { item: 'book', quantity: 2 })
  assert.is(accepted.status, 202)
  const order = await eventually(
    () => json<{ status: string; attempts: number }>(`${url}${accepted.headers.get('location')}`),
    ({ status }) => status === 'reserved',
  )
  assert.is(order.attempts, 2)
}

async function isSetAside(url: string): Promise<void> {
  await post(url, { item: 'unobtainium', quantity: 1 })
  const dead = await eventually(
    () => json<Record<string, unknown>[]>(`${url}/dead-letters`),
    ({ length }) => length === 1,
  )
  assert.is(dead[0]?.reason, 'nobody sells unobtainium')
  assert.is(dead[0]?.attempts, 1)
  // Nothing of what was published.
  assert.equal(Object.keys(dead[0] ?? {}), ['reason', 'attempts', 'time'])
}

async function isRefused(url: string): Promise<void> {
  const refused = await post(url, { item: 'book', quantity: 0 })
  assert.is(refused.status, 400)
  assert.is(refused.headers.get('content-type'), 'application/problem+json')
  assert.match(await refused.text(), '"field":"quantity"')
  assert.is((await fetch(`${url}/orders/none`)).status, 404)
}

/** Sends an order to an example that takes them. */
export async function post(url: string, order: object): Promise<Response> {
  return fetch(`${url}/orders`, {
    method: 'POST',
    body: JSON.stringify(order),
    headers: { 'content-type': 'application/json' },
  })
}
