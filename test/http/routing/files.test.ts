import { execFileSync } from 'node:child_process'
import { chmodSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { guard, Service } from 'tomodachi'
import { type FilesOptions, type Http, http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { accessLines, ask, errorsIn, failureOf, logged, serve, stopAll } from '../serving.ts'
import { folderWith, removeFolders } from './folder.ts'

const files = suite('http files')
files.after.each(stopAll)
files.after(removeFolders)

const modified = new Date('2026-01-02T03:04:05Z')

function publicFolder(): string {
  const folder = folderWith({
    'a.txt': '0123456789',
    'empty.txt': '',
    'index.html': '<b>root</b>',
    'sub/index.html': '<b>sub</b>',
    'sub/page.json': '{}',
    'bare/å b%41.txt': 'odd name',
    'data.bin': new Uint8Array([0, 1, 2]),
    'large.bin': new Uint8Array(1_000_000),
  })
  utimesSync(join(folder, 'a.txt'), modified, modified)
  return folder
}

async function serving(options?: FilesOptions, folder = publicFolder()): Promise<Http> {
  const api = http({ port: 0 })
  await serve(new Service().on(api.files('/static', folder, options)))
  return api
}

files('a file comes with its type, its length and what conditions need', async () => {
  const api = await serving()
  const response = await ask(api, 'GET', '/static/a.txt?v=1')
  assert.is(response.text, '0123456789')
  assert.is(response.header('content-type'), 'text/plain; charset=utf-8')
  assert.is(response.header('content-length'), '10')
  assert.is(response.header('last-modified'), modified.toUTCString())
  assert.match(response.header('etag') as string, /^W\/"a-[\da-f]+"$/)
  assert.is(response.header('accept-ranges'), 'bytes')
  assert.is(response.header('cache-control'), undefined)
})

files('types, odd names, empty and large files', async () => {
  const api = await serving()
  const type = async (path: string) => (await ask(api, 'GET', `/static/${path}`)).header('content-type')
  assert.is(await type('sub/page.json'), 'application/json; charset=utf-8')
  assert.is(await type('index.html'), 'text/html; charset=utf-8')
  assert.is(await type('data.bin'), 'application/octet-stream')
  assert.is((await ask(api, 'GET', '/static/bare/%C3%A5%20b%2541.txt')).text, 'odd name')
  const empty = await ask(api, 'GET', '/static/empty.txt')
  assert.equal([empty.status, empty.text, empty.header('content-length')], [200, '', '0'])
  assert.is((await ask(api, 'GET', '/static/large.bin')).body.length, 1_000_000)
})

files('HEAD answers as GET does, without the content', async () => {
  const api = await serving()
  const response = await ask(api, 'HEAD', '/static/a.txt')
  assert.equal([response.status, response.header('content-length'), response.text], [200, '10', ''])
  assert.is(response.header('accept-ranges'), 'bytes')
})

files('a folder is no file, with a slash and without', async () => {
  const api = await serving()
  for (const path of [
    '/static',
    '/static/',
    '/static/sub',
    '/static/sub/',
    '/static/bare/',
    '/static/a.txt/',
  ])
    assert.is((await ask(api, 'GET', path)).status, 404, path)
})

files('with an index, a folder is answered with it, under its own URL', async () => {
  const api = await serving({ index: 'index.html' })
  assert.is((await ask(api, 'GET', '/static/')).text, '<b>root</b>')
  assert.is((await ask(api, 'GET', '/static/sub/')).text, '<b>sub</b>')
  assert.is((await ask(api, 'GET', '/static/bare/')).status, 404)
  const redirected = await ask(api, 'GET', '/static/sub?a=1?b')
  assert.equal([redirected.status, redirected.header('location')], [301, './sub/?a=1?b'])
  assert.is((await ask(api, 'HEAD', '/static/sub')).status, 301)
})

files('below the root, a redirect does not leave the site', async () => {
  const api = http({ port: 0 })
  const folder = folderWith({ 'host.test/index.html': 'x' })
  await serve(new Service().on(api.files('/', folder, { index: 'index.html' })))
  assert.is((await ask(api, 'GET', '/host.test')).header('location'), './host.test/')
  for (const path of ['//host.test', '/%2Fhost.test', '/\\host.test', '/./host.test', '///host.test/'])
    assert.is((await ask(api, 'GET', path)).status, 404, path)
})

files('cacheControl goes with every file, and with no error', async () => {
  const api = await serving({ cacheControl: 'public, max-age=3600, immutable' })
  assert.is(
    (await ask(api, 'GET', '/static/a.txt')).header('cache-control'),
    'public, max-age=3600, immutable',
  )
  assert.is((await ask(api, 'GET', '/static/none')).header('cache-control'), undefined)
})

files('links are followed within the folder, and not out of it', async () => {
  const folder = publicFolder()
  const outside = folderWith({ 'secret.txt': 'secret', 'index.html': 'secret' })
  symlinkSync('a.txt', join(folder, 'inside.txt'))
  symlinkSync(join(outside, 'secret.txt'), join(folder, 'out.txt'))
  symlinkSync(outside, join(folder, 'out'))
  symlinkSync('loop', join(folder, 'loop'))
  symlinkSync('nowhere', join(folder, 'broken'))
  const linked = join(folderWith(), 'linked')
  symlinkSync(folder, linked)
  const api = await serving({ index: 'index.html' }, linked)
  assert.is((await ask(api, 'GET', '/static/inside.txt')).text, '0123456789')
  for (const path of ['out.txt', 'out/secret.txt', 'out/', 'loop', 'broken'])
    assert.is((await ask(api, 'GET', `/static/${path}`)).status, 404, path)
})

files('a folder beside, whose name only begins alike, is outside', async () => {
  const folder = folderWith({ 'static/a.txt': 'x', 'static-evil/x.txt': 'secret' })
  symlinkSync('../static-evil', join(folder, 'static', 'beside'))
  const api = await serving({}, join(folder, 'static'))
  assert.is((await ask(api, 'GET', '/static/beside/x.txt')).status, 404)
})

files('hidden files and folders are not there', async () => {
  const folder = folderWith({ '.env': 'secret', '.git/config': 'secret', 'sub/.hidden/a.txt': 'secret' })
  const api = await serving({}, folder)
  for (const path of ['.env', '.git/config', 'sub/.hidden/a.txt', '%2eenv'])
    assert.is((await ask(api, 'GET', `/static/${path}`)).status, 404, path)
})

files('what is neither file nor folder is not waited for', async () => {
  const folder = publicFolder()
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const api = await serving({}, folder)
  assert.is((await ask(api, 'GET', '/static/pipe')).status, 404)
})

// Root may read everything.
const unreadable = process.getuid?.() === 0 ? files.skip : files
unreadable('what may not be read is answered with 403', async () => {
  const folder = publicFolder()
  chmodSync(join(folder, 'a.txt'), 0)
  const api = await serving({}, folder)
  assert.is((await ask(api, 'GET', '/static/a.txt')).status, 403)
})

files('a parameter or a group named filename stands where it likes', async () => {
  const api = http({ port: 0 })
  const folder = pathToFileURL(publicFolder())
  await serve(
    new Service()
      .on(api.files('/download/:filename/image', folder))
      .on(api.files(/\/v\d\/(?<filename>.+)\.raw/, folder, { index: 'index.html' })),
  )
  assert.is((await ask(api, 'GET', '/download/a.txt/image')).text, '0123456789')
  assert.is((await ask(api, 'GET', '/download/sub%2Fpage.json/image')).status, 404)
  assert.is((await ask(api, 'GET', '/download/sub/page.json/image')).status, 404)
  assert.is((await ask(api, 'GET', '/v1/sub/page.json.raw')).text, '{}')
  assert.is((await ask(api, 'GET', '/v1/sub.raw')).status, 404)
})

files('a handler of its own may add headers, or decide otherwise', async () => {
  const api = http({ port: 0 })
  const service = new Service().on(api.files('/static', publicFolder()), async ({ filename, send }) => {
    if (filename === 'sub/page.json') return [410, 'gone']
    const file = await send()
    return { ...file, headers: { ...file.headers, 'Content-Disposition': 'attachment' } }
  })
  await serve(service)
  const response = await ask(api, 'GET', '/static/a.txt', { Range: 'bytes=0-1' })
  assert.equal(
    [response.status, response.text, response.header('content-disposition')],
    [206, '01', 'attachment'],
  )
  assert.is((await ask(api, 'GET', '/static/sub/page.json')).status, 410)
  assert.is((await ask(api, 'GET', '/static/none')).status, 404)
})

files('middleware runs before the file is looked for', async () => {
  const api = http({ port: 0 })
  const guarded = api.use(guard(({ request }) => request.headers.authorization === 'yes' || [401, 'no']))
  await serve(new Service().on(guarded.files('/static', publicFolder())))
  assert.is((await ask(api, 'GET', '/static/none')).status, 401)
  assert.is((await ask(api, 'GET', '/static/a.txt', { Authorization: 'yes' })).text, '0123456789')
})

files('error sources word what is missing, and nothing is logged as a failure', async () => {
  const api = http({ port: 0 })
  const records = logged()
  await serve(
    new Service()
      .on(api.files('/static', publicFolder(), { ignoreLogging: [404] }))
      .on(api.error(404), ({ request }) => `no ${request.path}`),
  )
  assert.is((await ask(api, 'GET', '/static/none')).text, 'no /static/none')
  assert.is((await ask(api, 'POST', '/static/a.txt')).header('allow'), 'GET,HEAD')
  assert.equal(errorsIn(records), [])
  assert.equal(
    accessLines(records).map((line) => line.status_code),
    [405],
  )
})

for (const [what, make] of [
  ['a folder that is not there', (api: Http) => api.files('/static', 'not-there')],
  ['a file', (api: Http) => api.files('/static', new URL(import.meta.url))],
  ['a RegExp without the group', (api: Http) => api.files(/\/static\/(.*)/, '.')],
  ['an index in another folder', (api: Http) => api.files('/static', '.', { index: '../index.html' })],
  ['a header of two lines', (api: Http) => api.files('/static', '.', { cacheControl: 'a\r\nb: c' })],
] as const) {
  files(`${what} is refused at once`, async () => {
    const failure = await failureOf(() => make(http()))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.match(failure.message, /^(the option )?http\.files/)
  })
}

files('a source without a handler of its own needs one', async () => {
  const api = http()
  const failure = await failureOf(() => new Service().on(api.get('/x') as never))
  assert.is(failure.code, 'OPTION_INVALID')
})

files.run()
