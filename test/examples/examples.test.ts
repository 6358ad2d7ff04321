// time limit: 120 s
// node: 24 only
// coverage: none
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tomodachi } from '../cli/command.ts'
import { cwd, eventually, json, withExample } from './example.ts'
import { ordersWork } from './orders.ts'

const test = suite('examples')

test('01-hello greets', async () => {
  await withExample('01-hello.ts', async (url) => {
    assert.is(await (await fetch(url)).text(), 'Hello!\n')
    assert.is(await (await fetch(`${url}/hello/${encodeURIComponent('友達')}`)).text(), 'Hello, 友達!\n')
  })
})

test('02-orders retries, sets aside, and shows what became of each order', () => ordersWork())

test('02-orders says which buses there are', async () => {
  const { code, stderr } = await tomodachi('run examples/02-orders.ts', { cwd, env: { BUS: 'kafka' } })
  assert.is(code, 1)
  assert.match(stderr, 'BUS must be one of memory, embedded, amqp, redis, aws, not kafka')
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

test('06-files keeps what is uploaded, and serves it in ranges', async () => {
  await withExample('06-files.ts', async (url) => {
    assert.match(await (await fetch(url)).text(), '<h1>Files</h1>')
    const upload = (name: string) => {
      const body = new FormData()
      body.set('file', new File(['hello there'], name))
      return fetch(`${url}/upload`, { method: 'POST', body, redirect: 'manual' })
    }
    const { status, headers } = await upload('hello.txt')
    assert.is(status, 303)
    const cookie = headers.get('set-cookie') ?? ''
    assert.match(cookie, /^last-upload=hello\.txt; HttpOnly/)
    assert.is((await upload('../hello.txt')).status, 400)
    const listed = await fetch(`${url}/uploads`, { headers: { cookie } })
    assert.equal(await listed.json(), { files: ['hello.txt'], last: 'hello.txt' })
    const part = await fetch(`${url}/uploads/hello.txt`, { headers: { range: 'bytes=6-' } })
    assert.is(part.status, 206)
    assert.is(await part.text(), 'there')
  })
})

test('08-timers ticks, and leaves out what would overlap', async () => {
  await withExample('08-timers.ts', async (_url, command) => {
    await command.prints('tick')
    await command.prints('slow is done')
    await command.prints('skipped=1')
  })
})

test('09-workers answers from two processes', async () => {
  await withExample(
    '09-workers.ts',
    async (url) => {
      const pids = new Set<number>()
      await eventually(
        async () => {
          const response = await fetch(url, { headers: { connection: 'close' } })
          return pids.add(((await response.json()) as { pid: number }).pid)
        },
        ({ size }) => size === 2,
      )
    },
    { flags: ['--workers', '2'] },
  )
})

test.run()
