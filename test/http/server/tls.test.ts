import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { Service } from 'tomodachi'
import { type Http, type HttpOptions, http, type TlsOptions } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RawClient, requestText } from '../raw-client.ts'
import { accessLines, errorsIn, failureOf, logged, portOf, serve, stopAll, until } from '../serving.ts'

const tls = suite('http tls')

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
tls.before(() => {
  process.on('unhandledRejection', note).on('uncaughtException', note)
})
tls.after.each(async () => {
  await stopAll()
  assert.equal(stray.splice(0), [])
})

/** Made for localhost and 127.0.0.1, signed by itself, valid for 100 years. */
const file = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const [key, cert, otherKey] = [file('localhost.key'), file('localhost.cert'), file('other.key')]

async function serving(given: Partial<TlsOptions> = {}, options: HttpOptions = {}): Promise<Http> {
  const api = http({ port: 0, host: '127.0.0.1', tls: { key, cert, ...given }, ...options })
  await serve(
    new Service()
      .on(api.get('/'), ({ request }) => `${request.ip} ${'encrypted' in request.raw.socket}`)
      .on(api.post('/'), ({ request }) => request.text())
      .on(api.get('/slow'), async () => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        return 'slow'
      }),
  )
  return api
}

async function secured(api: Http, options: object = {}): Promise<TLSSocket> {
  const socket = connectTls({ port: portOf(api), host: '127.0.0.1', ca: cert, ...options })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('secureConnect', resolve).once('close', resolve))
  return socket
}

const closing = (socket: TLSSocket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

tls('serves https, and says so in its url', async () => {
  const records = logged()
  const api = await serving()
  assert.match(api.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  const answer = await new Promise<string>((resolve, reject) => {
    request(api.url, { ca: cert, agent: false }, (response) => resolve(text(response)))
      .on('error', reject)
      .end()
  })
  assert.is(answer, '127.0.0.1 true')
  assert.is(accessLines(records)[0]?.remote_ip, '127.0.0.1')
  assert.not.match(JSON.stringify(records), 'PRIVATE KEY')
})

tls('keeps connections alive, and answers in order what was sent ahead', async () => {
  const api = await serving({ minVersion: 'TLSv1.3' }, { maxKeepaliveRequests: 3 })
  const socket = await secured(api)
  assert.is(socket.getProtocol(), 'TLSv1.3')
  const received = text(socket)
  socket.write(
    Buffer.concat([
      requestText('GET', '/slow'),
      requestText('POST', '/', {}, 'body'),
      requestText('GET', '/slow'),
      requestText('GET', '/slow'),
    ]),
  )
  const bodies = (await received)
    .split('\r\n\r\n')
    .slice(1)
    .map((part) => part.split('HTTP/1.1')[0])
  assert.equal(bodies, ['slow', 'body', 'slow'])
})

tls('bytes and a list of authorities do as well as text', async () => {
  const ca = [Buffer.from(cert), cert]
  const api = await serving({ key: Buffer.from(key), cert: Buffer.from(cert), ca, requestCert: true })
  assert.ok((await secured(api, { key, cert })).authorized)
})

tls('asks for the certificate of clients, and turns those away that have none', async () => {
  const api = await serving({ requestCert: true, ca: cert })
  const known = await secured(api, { key, cert })
  const received = text(known)
  known.write(requestText('GET', '/', { Connection: 'close' }))
  assert.match(await received, '127.0.0.1 true')
  const unknown = await secured(api)
  unknown.write(requestText('GET', '/'))
  assert.is(await text(unknown).catch(() => ''), '')
})

const keyOf = ({ privateKey }: { privateKey: KeyObject }) =>
  privateKey.export({ type: 'pkcs8', format: 'pem' })
const rsaKey = keyOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }))
const edwardsKey = keyOf(generateKeyPairSync('ed25519'))

tls('a key with a password, and one that stands in one file with its certificate', async () => {
  const passphrase = 'correct horse'
  const locked = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  })
  const both = `${cert}${key}`
  for (const given of [
    { key: locked, passphrase },
    { key: both, cert: both },
  ])
    assert.ok((await secured(await serving(given))).authorized)
  for (const wrong of [{ passphrase: 'battery staple' }, {}]) {
    const failure = await failureOf(() => http({ tls: { key: locked, cert, ...wrong } }))
    assert.is(failure.code, 'TLS_INVALID')
    assert.not.match(failure.message, 'battery')
  }
})

for (const [name, given, message] of [
  ['no key', { key: undefined }, /http\.tls\.key is required: PEM, as text or bytes$/],
  ['a key that is none', { key: 5 }, /http\.tls\.key must be PEM, as text or bytes$/],
  ['no certificate', { cert: undefined }, /http\.tls\.cert is required: PEM/],
  ['an authority that is none', { ca: [cert, 5] }, /http\.tls\.ca must be PEM/],
  ['an unknown option', { kee: key }, /http\(\) has no option "tls\.kee"; did you mean "tls\.key"\?/],
  ['an old version', { minVersion: 'TLSv1' }, /http\.tls\.minVersion must be "TLSv1\.2" or "TLSv1\.3"/],
  ['a flag that is none', { requestCert: 'yes' }, /http\.tls\.requestCert must be true or false/],
  ['a passphrase that is none', { passphrase: 5 }, /http\.tls\.passphrase must be text$/],
  ['a path instead of a key', { key: '/etc/key.pem' }, /the TLS key cannot be used: .*not the path/],
  ['a certificate instead of a key', { key: cert }, /the TLS key cannot be used/],
  ['a key instead of a certificate', { cert: key }, /the TLS cert cannot be used: no start line/],
  ['junk as authority', { ca: 'junk' }, /the TLS ca cannot be used/],
  ['an RSA key for an EC certificate', { key: rsaKey }, /key and cert cannot be used: .*another kind/],
  [
    'an Ed25519 key for an EC certificate',
    { key: edwardsKey },
    /key and cert cannot be used: .*another kind/,
  ],
  [
    'authorities for nobody',
    { ca: cert },
    /http\.tls\.requestCert must be true where ca is given, not false/,
  ],
  [
    'authorities for nobody, told so',
    { ca: cert, requestCert: false },
    /http\.tls\.requestCert must be true/,
  ],
  [
    'a demand of nobody',
    { rejectUnauthorized: true },
    /requestCert must be true where rejectUnauthorized is given/,
  ],
  [
    'certificates of just anybody',
    { requestCert: true },
    /http\.tls\.ca is required together with http\.tls\.requestCert/,
  ],
  [
    'certificates that are only looked at',
    { requestCert: true, rejectUnauthorized: false },
    /http\.tls\.ca is required/,
  ],
  ['an empty list of authorities', { requestCert: true, ca: [] }, /http\.tls\.ca must be PEM/],
  ['a list of keys', { key: [key], cert: [cert] }, /http\.tls\.key must be PEM/],
  ['a bundle of PKCS 12', { pfx: Buffer.from('x') }, /http\(\) has no option "tls\.pfx"/],
  ['a key of another certificate', { key: otherKey }, /key and cert cannot be used: key values mismatch/],
] as const) {
  tls(`${name} is an error that shows no secret`, async () => {
    const failure = await failureOf(() => http({ tls: { key, cert, ...given } as never }))
    assert.match(failure.code ?? '', /^(OPTION|TLS)_INVALID$/)
    assert.match(failure.message, message)
    const { values, cause } = failure as { values?: unknown; cause?: Error }
    const told = JSON.stringify([failure.message, failure.stack, values, cause?.message, cause])
    assert.not.match(told, /PRIVATE KEY|BEGIN/)
  })
}

tls('a key in the wrong place is not shown either', async () => {
  for (const wrong of [{ key }, { ssl: { key } }, { tls: key }, { tls: Buffer.from(key) }]) {
    const failure = await failureOf(() => http(wrong as never))
    assert.is(failure.code, 'OPTION_INVALID')
    assert.not.match(JSON.stringify([failure.message, failure]), /BEGIN/)
  }
})

tls('what is no handshake, or none that ends, is closed; the others are served', async () => {
  const records = logged()
  const api = await serving({}, { headersTimeout: 400 })
  const plain = await RawClient.connect(portOf(api))
  await plain.send(requestText('GET', '/')).closed
  const silent = await RawClient.connect(portOf(api))
  const half = await RawClient.connect(portOf(api))
  half.send(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]))
  await Promise.all([silent.closed, half.closed])
  const socket = await secured(api)
  const received = text(socket)
  socket.write('GET / HTTP/1.1\r\nHo')
  assert.match(await received, /^HTTP\/1\.1 408 /)
  const served = await secured(api)
  const answer = text(served)
  served.write(requestText('GET', '/', { Connection: 'close' }))
  assert.match(await answer, '127.0.0.1 true')
  assert.equal(errorsIn(records), [])
})

tls('a stop finishes requests, and closes idle connections and handshakes that do not end', async () => {
  const api = await serving()
  const [busy, idle] = [await secured(api), await secured(api)]
  const silent = await RawClient.connect(portOf(api))
  const leaving = await secured(api)
  leaving.destroy()
  const answer = text(busy)
  busy.write(requestText('GET', '/slow'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const before = performance.now()
  idle.resume()
  await Promise.all([stopAll(), silent.closed, closing(idle)])
  assert.match(await answer, /Connection: close\r\n(?:.*\r\n)*slow$/)
  assert.ok(performance.now() - before < 15_000, 'well before the drain deadline')
  await until(() => !process.getActiveResourcesInfo().includes('TCPServerWrap'))
})

tls.run()
