// time limit: 90 s
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Command } from '../cli/command.ts'

const test = suite('examples')
const cwd = fileURLToPath(new URL('../../', import.meta.url))

/** Runs an example on a free port until `body` is done, then presses Ctrl-C and expects a clean end. */
async function withExample(
  file: string,
  body: (url: string, command: Command) => Promise<void>,
): Promise<void> {
  const command = new Command(['run', `examples/${file}`], { cwd, env: { PORT: '0' } })
  await command.prints('press Ctrl-C to stop')
  const [url = ''] = /(http|tcp):\/\/127\.0\.0\.1:\d+/.exec(command.stdout) ?? []
  try {
    await body(url, command)
  } catch (error) {
    command.child.kill('SIGKILL')
    throw error
  }
  command.child.kill('SIGINT')
  const { code, stderr } = await ended(command)
  assert.is(code, 0, stderr)
}

/** Unlike `ends`, says nothing of stacks: the orders example logs those of its handlers. */
async function ended(command: Command): Promise<{ code: number | null; stderr: string }> {
  if (command.child.exitCode === null) await new Promise((resolve) => command.child.once('close', resolve))
  return { code: command.child.exitCode, stderr: command.stderr }
}

async function post(url: string, order: object): Promise<Response> {
  return fetch(`${url}/orders`, {
    method: 'POST',
    body: JSON.stringify(order),
    headers: { 'content-type': 'application/json' },
  })
}

async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T
}

/** Asks again until the answer is as wanted; the examples retry within a second. */
async function eventually<T>(ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await ask()
    if (wanted(value)) return value
    if (tries > 100) throw new Error(`not what was wanted: ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('01-hello greets', async () => {
  await withExample('01-hello.ts', async (url) => {
    assert.is(await (await fetch(url)).text(), 'Hello!\n')
    assert.is(await (await fetch(`${url}/hello/${encodeURIComponent('友達')}`)).text(), 'Hello, 友達!\n')
  })
})

test('02-orders retries, sets aside, and shows what became of each order', async () => {
  await withExample('02-orders.ts', async (url, command) => {
    for (const path of ['/orders', '/dead-letters', '/slow'])
      assert.ok(command.stdout.includes(` ${url}${path}`), path)
    const accepted = await post(url, { item: 'book', quantity: 2 })
    assert.is(accepted.status, 202)
    const order = await eventually(
      () => json<{ status: string; attempts: number }>(`${url}${accepted.headers.get('location')}`),
      ({ status }) => status === 'reserved',
    )
    assert.is(order.attempts, 2)

    await post(url, { item: 'unobtainium', quantity: 1 })
    const dead = await eventually(
      () => json<{ data: { item: string }; headers: Record<string, string> }[]>(`${url}/dead-letters`),
      ({ length }) => length === 1,
    )
    assert.is(dead[0]?.data.item, 'unobtainium')
    assert.is(dead[0]?.headers['x-dead-letter-reason'], 'nobody sells unobtainium')

    const refused = await post(url, { item: 'book', quantity: 0 })
    assert.is(refused.status, 400)
    assert.is(refused.headers.get('content-type'), 'application/problem+json')
    assert.match(await refused.text(), '"field":"quantity"')
    assert.is((await fetch(`${url}/orders/none`)).status, 404)
  })
})

test('02-orders finishes a slow request after Ctrl-C', async () => {
  let slow: Promise<Response> | undefined
  await withExample('02-orders.ts', async (url) => {
    slow = fetch(`${url}/slow`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  })
  const response = (await slow) as Response
  assert.is(response.status, 200)
  assert.match(await response.text(), 'finished')
})

test('03-middleware asks who it is, and lets only admins remove accounts', async () => {
  await withExample('03-middleware.ts', async (url) => {
    const as = (name: string) => ({ headers: { authorization: `Basic ${btoa(`${name}:x`)}` } })
    assert.is((await fetch(`${url}/me`)).status, 401)
    assert.is(await (await fetch(`${url}/me`, as('bob'))).text(), 'You are bob.\n')
    assert.is((await fetch(`${url}/accounts/eve`, { method: 'DELETE', ...as('bob') })).status, 403)
    const removed = await fetch(`${url}/accounts/eve`, { method: 'DELETE', ...as('ada') })
    assert.is(await removed.text(), 'ada removed eve.\n')
  })
})

test('04-class handles stacked routes and its own messages', async () => {
  await withExample('04-class.ts', async (url) => {
    assert.is(await (await fetch(`${url}/hello/ada`)).text(), 'Hello, ada!\n')
    assert.is(await (await fetch(`${url}/hi/bob`)).text(), 'Hello, bob!\n')
    const greeted = await eventually(
      () => json<string[]>(`${url}/greeted`),
      ({ length }) => length === 2,
    )
    assert.equal(greeted, ['ada', 'bob'])
  })
})

test('05-custom-adapter answers lines over TCP, and drains', async () => {
  await withExample('05-custom-adapter.ts', async (url) => {
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    socket.write('hello\nthere\n')
    assert.is((await lines.next()).value, 'HELLO')
    assert.is((await lines.next()).value, 'THERE')
  })
})

test.run()
