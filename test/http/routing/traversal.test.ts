import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Service } from 'tomodachi'
import { http } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { exchange, requestText } from '../raw-client.ts'
import { errorsIn, logged, portOf, serve, stopAll } from '../serving.ts'
import { folderWith, removeFolders } from './folder.ts'

const traversal = suite('http traversal')
const secret = 'this must never be sent'
let port = 0
let records = logged()

traversal.before(async () => {
  const outside = folderWith({
    'secret.txt': secret,
    '.env': secret,
    'static/a.txt': 'inside',
    'static/sub/b.txt': 'inside',
    'static/.env': secret,
    'static-evil/secret.txt': secret,
  })
  const folder = join(outside, 'static')
  symlinkSync('..', join(folder, 'up'))
  symlinkSync('/', join(folder, 'slash'))
  symlinkSync('../secret.txt', join(folder, 'link.txt'))
  symlinkSync('../static-evil', join(folder, 'sub', 'evil'))
  symlinkSync('/proc/self/root', join(folder, 'proc'))
  const api = http({ port: 0 })
  await serve(
    new Service()
      .on(api.files('/static', folder))
      .on(api.files('/index', folder, { index: 'a.txt' }))
      .on(api.files('/one/:filename', folder))
      .on(api.files(/\/any\/(?<filename>.*)/s, folder)),
  )
  port = portOf(api)
})

traversal.before.each(() => {
  records = logged()
})

traversal.after(async () => {
  await stopAll()
  removeFolders()
})

/** Each as it stands behind the prefix of a source. */
const tries: readonly string[] = [
  // Plain, in every place, and more often than there are folders.
  '../secret.txt',
  'sub/../../secret.txt',
  'sub/../a.txt',
  './a.txt',
  './../secret.txt',
  '../static/a.txt',
  '../static-evil/secret.txt',
  '..',
  '../',
  'sub/..',
  '.',
  `${'../'.repeat(40)}etc/passwd`,
  '....//secret.txt',
  '..;/secret.txt',
  '...',
  '..%20/secret.txt',
  // Encoded, once, twice, three times, and in parts.
  '%2e%2e/secret.txt',
  '%2E%2E/secret.txt',
  '..%2fsecret.txt',
  '..%2Fsecret.txt',
  '%2e%2e%2fsecret.txt',
  '.%2e/secret.txt',
  '%2e./secret.txt',
  '%252e%252e%252fsecret.txt',
  '..%252fsecret.txt',
  '%25252e%25252e%25252fsecret.txt',
  `${'%2e%2e%2f'.repeat(40)}etc%2fpasswd`,
  'sub%2f..%2f..%2fsecret.txt',
  // Null bytes.
  'a.txt%00',
  'a.txt%00.png',
  '%00',
  '..%00/secret.txt',
  '../secret.txt%00a.txt',
  '%2e%2e%00%2fsecret.txt',
  // Backslashes.
  '..\\secret.txt',
  '..%5csecret.txt',
  '..%5Csecret.txt',
  '%2e%2e%5csecret.txt',
  '\\..\\secret.txt',
  'sub\\b.txt',
  'sub%5c..%5c..%5csecret.txt',
  '..%255csecret.txt',
  // Absolute paths, drives, UNC, URLs.
  '/etc/passwd',
  '%2fetc%2fpasswd',
  '//etc/passwd',
  'C:/windows/win.ini',
  'C:%5cwindows%5cwin.ini',
  '//server/share/secret.txt',
  '%5c%5cserver%5cshare%5csecret.txt',
  '%2f%2fserver%2fshare',
  'file:///etc/passwd',
  'file:%2f%2f%2fetc%2fpasswd',
  '~/secret.txt',
  '~root/.bashrc',
  // Links that lead out.
  'link.txt',
  'up/secret.txt',
  'up/static/a.txt/../../secret.txt',
  'slash/etc/passwd',
  'sub/evil/secret.txt',
  'proc/etc/passwd',
  'up',
  // Overlong and broken UTF-8, and other ways to write a dot or a slash.
  '%c0%ae%c0%ae/secret.txt',
  '%c0%ae%c0%ae%c0%afsecret.txt',
  '..%c0%afsecret.txt',
  '..%c1%9csecret.txt',
  '..%e0%80%afsecret.txt',
  '%e0%80%ae%e0%80%ae/secret.txt',
  '%f0%80%80%ae/secret.txt',
  '%fe%fe/secret.txt',
  '..%ff/secret.txt',
  '%u002e%u002e/secret.txt',
  '..%u2215secret.txt',
  '..%ef%bc%8fsecret.txt',
  '%ef%bc%8e%ef%bc%8e/secret.txt',
  '..%e2%88%95secret.txt',
  '%2',
  '%',
  '%zz/secret.txt',
  // Hidden.
  '.env',
  '%2eenv',
  'sub/.env',
  'a.txt/.env',
  // Trailing marks, long names, control characters.
  'a.txt/',
  'a.txt/.',
  'a.txt/..',
  'a.txt%2f..%2f..%2fsecret.txt',
  'a.txt::$DATA',
  'a.txt%20',
  'a.txt.',
  '%0a../secret.txt',
  '%0d%0aX-Evil:1',
  'a%09.txt',
  'x'.repeat(5_000),
  'x/'.repeat(2_500),
  '%2e'.repeat(2_000),
  'con',
  'nul.txt',
]

for (const prefix of ['/static/', '/index/', '/one/', '/any/']) {
  traversal(`${tries.length} ways out of ${prefix} are no way`, async () => {
    for (const path of tries) {
      const response = await exchange(port, requestText('GET', prefix + path))
      assert.is(response.status, 404, prefix + path.slice(0, 60))
      assert.not.match(response.text, secret)
      assert.not.match(response.text, 'root:')
    }
    assert.equal(errorsIn(records), [])
  })
}

for (const [target, status] of [
  // The absolute form of a target, and what is none (RFC 9112, 3.2).
  ['http://localhost/static/../secret.txt', 404],
  ['http://localhost/static/%2e%2e/secret.txt', 404],
  ['static/a.txt', 400],
  ['../secret.txt', 400],
  ['*', 404],
  // A query and a fragment are not part of the path.
  ['/static/a.txt?/../../secret.txt', 200],
  ['/static/a.txt#/../../secret.txt', 200],
  ['/static/sub/b.txt', 200],
  ['/one/sub%2fb.txt', 404],
  ['/one/a.txt', 200],
  // Bytes that no target may have.
  ['/static/.. /secret.txt', 400],
  ['/static/\u0000a.txt', 400],
  ['/static/a.txt\r\n../secret.txt', 400],
  [`/static/${'x'.repeat(20_000)}`, 431],
] as const) {
  traversal(`${JSON.stringify(target.slice(0, 60))} is answered with ${status}`, async () => {
    const response = await exchange(port, requestText('GET', target))
    assert.is(response.status, status)
    if (status === 200) assert.is(response.text, 'inside')
    assert.not.match(response.text, secret)
  })
}

traversal.run()
