import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Service } from 'tomodachi'
import { http, type Refused, type Responded, refused, responded } from 'tomodachi/http'
import { type Connected, connected, websocket } from 'tomodachi/websocket'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Client } from '../../websocket/client.ts'
import { exchange } from '../raw-client.ts'
import { folderWith, removeFolders } from '../routing/folder.ts'
import { accessLines, ask, logged, portOf, serve, stopAll, until } from '../serving.ts'

const logs = suite('http access logs of several servers')
logs.after.each(stopAll)
logs.after(removeFolders)

const linesOf = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Asks a server for its path, for one that it lacks, for an upgrade that is refused, and for what is no HTTP. */
async function use(api: ReturnType<typeof http>, path: string): Promise<void> {
  assert.is((await ask(api, 'GET', path)).status, 200)
  assert.is((await ask(api, 'GET', `${path}-missing`)).status, 404)
  assert.is(
    (await ask(api, 'GET', `${path}/ws`, { Connection: 'Upgrade', Upgrade: 'websocket' })).status,
    426,
  )
  assert.is((await exchange(portOf(api), 'nonsense\r\n\r\n')).status, 400)
}

/** Opens a websocket and closes it. */
async function connect(api: ReturnType<typeof http>, path: string): Promise<void> {
  const client = await Client.open(api, path)
  client.socket.close()
  await client.end()
}

logs('each of several servers in a kernel has its own requests in its log, and its websockets’', async () => {
  const records = logged()
  const folder = folderWith()
  const [firstFile, secondFile] = [join(folder, 'first'), join(folder, 'second')]
  const first = http({ port: 0, accessLog: firstFile })
  const second = http({ port: 0, accessLog: secondFile })
  const third = http({ port: 0, accessLog: false })
  const service = new Service()
  const told: [string, number | undefined][] = []
  const servers = Object.entries({ first, second, third })
  for (const [name, api] of servers)
    service
      .on(api.get(`/${name}`), () => name)
      .on(
        websocket(api, { accessLog: name !== 'second', name: `${name} websocket` }).path(`/${name}/ws`),
        () => {},
      )
  const kernel = await serve(service)
  const nameOf = ({ adapter }: Responded | Refused) =>
    servers.find(([, api]) => api.origin === adapter)?.[0] ?? 'nobody'
  kernel.bus.on(responded, (event) => void told.push([nameOf(event), event.status]))
  kernel.bus.on(refused, (event) => void told.push([nameOf(event), undefined]))
  for (const [name, api] of servers) {
    await use(api, `/${name}`)
    await connect(api, `/${name}/ws`)
  }
  await until(
    () => accessLines(records).filter(({ websocket_state }) => websocket_state === 'closed').length === 2,
  )
  await stopAll()
  const seen = (lines: readonly Record<string, unknown>[]) =>
    lines
      .filter(({ listen_url }) => listen_url === undefined)
      .map(
        ({ request_path, websocket_state, status_code }) =>
          `${request_path} ${websocket_state ?? status_code}`,
      )
  const requests = (name: string) => [
    `/${name} 200`,
    `/${name}-missing 404`,
    `/${name}/ws 426`,
    'undefined 400',
  ]
  assert.equal(seen(linesOf(firstFile)), [...requests('first'), '/first/ws closed'])
  assert.equal(seen(linesOf(secondFile)), requests('second'))
  assert.equal(seen(accessLines(records)), [
    ...requests('first'),
    '/first/ws open',
    '/first/ws closed',
    ...requests('second'),
    '/third/ws open',
    '/third/ws closed',
  ])
  assert.equal(
    told,
    servers.flatMap(([name]) => [200, 404, 426, undefined].map((status) => [name, status])),
  )
})

logs('websockets of one server are logged as each of them says', async () => {
  const records = logged()
  const api = http({ port: 0, accessLog: false })
  const [loud, quiet] = [websocket(api), websocket(api, { accessLog: false, name: 'quiet' })]
  const kernel = await serve(
    new Service().on(loud.path('/loud'), () => {}).on(quiet.path('/quiet'), () => {}),
  )
  const told: Connected[] = []
  kernel.bus.on(connected, (event) => void told.push(event))
  for (const path of ['/quiet', '/loud', '/quiet']) await connect(api, path)
  await until(() => told.filter(({ code }) => code !== undefined).length === 3)
  assert.equal(
    accessLines(records).map(({ request_path, websocket_state }) => `${request_path} ${websocket_state}`),
    ['/loud open', '/loud closed'],
  )
  assert.equal(
    told.map(({ adapter }) => adapter.name),
    ['quiet', 'quiet', 'websocket', 'websocket', 'quiet', 'quiet'],
  )
})

logs('a server with middleware of its own is the same server', async () => {
  const records = logged()
  const api = http({ port: 0 })
  const guarded = api.use((_, next) => next())
  const other = http({ port: 0, accessLog: false })
  await serve(
    new Service()
      .on(guarded.get('/a'), () => 'a')
      .on(websocket(guarded).path('/ws'), () => {})
      .on(other.get('/b'), () => 'b'),
  )
  await ask(api, 'GET', '/a')
  await ask(other, 'GET', '/b')
  assert.equal(
    accessLines(records).map(({ request_path }) => request_path),
    ['/a'],
  )
})

logs.run()
