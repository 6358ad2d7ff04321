import { join } from 'node:path'
import { guard, Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ask, serve, stopAll } from '../serving.ts'
import { folderWith, removeFolders } from './folder.ts'

const paths = suite('http paths of files')
paths.after.each(stopAll)
paths.after(removeFolders)

paths('the folder behind a guard has one spelling, beside the open folder around it', async () => {
  const folder = folderWith({ 'private/s.txt': 'secret', '@team/s.txt': 'secret', 'a.txt': 'open' })
  const api = http({ port: 0 })
  const guarded = { use: [guard(() => [401] as const)] } as const
  const nobody = new Service()
  for (const path of ['/static/private', '/static/@team', '/one/private/:filename'])
    nobody.on(api.files(path, join(folder, path.split('/')[2] as string)), ({ send }) => send(), guarded)
  await serve(
    nobody
      .on(api.files('/static', folder))
      .on(api.files('/one/:filename', folder))
      .on(api.files(/\/any\/(?<filename>.*)/, folder)),
  )
  assert.is((await ask(api, 'GET', '/static/a.txt')).text, 'open')
  for (const [path, status] of [
    ['/static/private/s.txt', 401],
    ['/static/%70rivate/s%2Etxt', 401],
    ['/static/private/none', 401],
    ['/static/@team/s.txt', 401],
    ['/static/%40team/s.txt', 401],
    ['/static/%40%74eam/s.txt', 401],
    ['http://other/static/private/s.txt', 401],
    ['/static/private%2Fs.txt', 404],
    ['/static/private%2fs.txt', 404],
    ['/static/%70rivate%2fs.txt?x', 404],
    ['/static/private%5Cs.txt', 404],
    ['/static/private%5cs.txt', 404],
    ['/static/private%252fs.txt', 404],
    ['/static/private%25252Fs.txt', 404],
    ['/static//private/s.txt', 404],
    ['//static/private/s.txt', 404],
    ['/static/./private/s.txt', 404],
    ['/static/%2e/private/s.txt', 404],
    ['/static/x/../private/s.txt', 404],
    ['/static/private./s.txt', 404],
    ['/static/private%20/s.txt', 404],
    ['/static/private;/s.txt', 404],
    ['/static/private%00/s.txt', 404],
    ['/static/PRIVATE/s.txt', 404],
    ['/one/private%2Fs.txt', 404],
    ['/any/private%2Fs.txt', 404],
  ] as const)
    assert.is((await ask(api, 'GET', path)).status, status, path)
})

paths('a name that ends in a dot or a space, or has an encoded separator in it, is not there', async () => {
  const names = ['a.', 'b ', 'sub./a', 'c%2fd', 'e%5Cf', '%2e', '%00', 'g%252fh']
  const folder = folderWith(Object.fromEntries([...names, '100%', '%41'].map((name) => [name, 'x'])))
  const api = http({ port: 0 })
  await serve(new Service().on(api.files('/static', folder)))
  for (const name of names) assert.is((await ask(api, 'GET', `/static/${encodeURI(name)}`)).status, 404, name)
  for (const name of ['100%25', '%2541'])
    assert.is((await ask(api, 'GET', `/static/${name}`)).text, 'x', name)
})

paths.run()
