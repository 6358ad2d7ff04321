import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TLSSocket } from 'node:tls'
import { Service } from 'tomodachi'
import { type ClientTlsOptions, client, type Http, http, type TlsOptions } from 'tomodachi/http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { failureOf, serve, stopAll } from '../serving.ts'
import { opened } from './upstream.ts'

const tls = suite('http client tls')
tls.after.each(stopAll)

/** Made for localhost and 127.0.0.1, signed by itself, valid for 100 years. */
const file = (name: string) =>
  readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const [key, cert, otherKey] = [file('localhost.key'), file('localhost.cert'), file('other.key')]

/** Serves HTTPS, and tells each caller who it is and which name it asked for. */
async function serving(given: Partial<TlsOptions> = {}): Promise<Http> {
  const api = http({ port: 0, host: '127.0.0.1', tls: { key, cert, ...given } })
  await serve(
    new Service().on(api.get('/'), ({ request }) => {
      const socket = request.raw.socket as TLSSocket & { readonly servername?: string | false }
      const { subject } = socket.getPeerCertificate()
      return { body: { caller: subject?.CN, servername: socket.servername } }
    }),
  )
  return api
}

tls('a server whose authority is not known is refused, and says why', async () => {
  const { url } = await serving()
  const orders = await opened(url, { retry: { attempts: 1 } })
  const failure = await failureOf(() => orders.get('/'))
  assert.is(failure.code, 'CALL_FAILED')
  assert.match(failure.message, `GET ${url}/ got no answer: self-signed certificate`)
})

tls('ca names the authorities: as text, as bytes, as a list', async () => {
  const { url } = await serving()
  for (const ca of [cert, Buffer.from(cert), [cert]]) {
    const orders = await opened(url, { tls: { ca, minVersion: 'TLSv1.3' } })
    assert.equal((await orders.get('/')).data, { servername: false })
  }
})

tls('servername is the name that is asked for, and that the certificate has to bear', async () => {
  const { url } = await serving()
  const orders = await opened(url, { tls: { ca: cert, servername: 'localhost' } })
  assert.equal((await orders.get('/')).data, { servername: 'localhost' })
  const other = await opened(url, { tls: { ca: cert, servername: 'orders' }, retry: { attempts: 1 } })
  assert.match((await failureOf(() => other.get('/'))).message, "does not match certificate's altnames")
})

tls('rejectUnauthorized: false takes any certificate', async () => {
  const { url } = await serving()
  const orders = await opened(url, { tls: { rejectUnauthorized: false } })
  assert.is((await orders.get('/')).status, 200)
})

tls('key and cert tell a server that asks who calls', async () => {
  const { url } = await serving({ ca: cert, requestCert: true })
  const orders = await opened(url, { tls: { ca: cert, key, cert } })
  assert.equal((await orders.get('/')).data, { caller: 'localhost', servername: false })
  const nobody = await opened(url, { tls: { ca: cert }, retry: { attempts: 1 } })
  assert.is((await failureOf(() => nobody.get('/'))).code, 'CALL_FAILED')
})

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const rsaKey = privateKey.export({ type: 'pkcs8', format: 'pem' })

const refusals: readonly [string, string, object, RegExp][] = [
  ['what is no object', 'OPTION_INVALID', 'PEM' as never, /client\.tls must be .*an object of options$/],
  ['a name that is none', 'OPTION_INVALID', { servername: 5 }, /client\.tls\.servername must be text/],
  [
    'an unknown option',
    'OPTION_INVALID',
    { kee: key },
    /client\(\) has no option "tls\.kee"; did you mean "tls\.key"\?/,
  ],
  ['a key alone', 'OPTION_INVALID', { key }, /client\.tls\.cert is required together with client\.tls\.key/],
  [
    'a certificate alone',
    'OPTION_INVALID',
    { cert },
    /client\.tls\.key is required together with client\.tls\.cert/,
  ],
  [
    'a key of another certificate',
    'TLS_INVALID',
    { key: otherKey, cert },
    /the TLS key and cert cannot be used/,
  ],
  [
    'a key of another kind',
    'TLS_INVALID',
    { key: rsaKey, cert },
    /key and cert cannot be used: .*another kind/,
  ],
  ['an empty list of authorities', 'OPTION_INVALID', { ca: [] }, /client\.tls\.ca must be PEM/],
  [
    'an authority that nobody is held to',
    'OPTION_INVALID',
    { ca: cert, rejectUnauthorized: false },
    /client\.tls\.rejectUnauthorized must be true, or left out, where ca is given/,
  ],
  ['an authority that is none', 'TLS_INVALID', { ca: 'ca.pem' }, /the TLS ca cannot be used/],
]

for (const [name, code, given, message] of refusals) {
  tls(`${name} is an error that shows no secret`, async () => {
    const failure = await failureOf(() => client('https://orders', { tls: given as ClientTlsOptions }))
    assert.is(failure.code, code)
    assert.match(failure.message, message)
    for (const line of key.split('\n').filter((line) => line !== '' && !line.startsWith('-')))
      assert.not.ok(String(failure.stack).includes(line))
  })
}

tls('an origin that is not https: needs none', async () => {
  const failure = await failureOf(() => client('http://orders', { tls: { ca: cert } }))
  assert.is(failure.code, 'OPTION_INVALID')
  assert.match(
    failure.message,
    'the option client.tls must be used with an origin that begins with https:, not "http://orders"',
  )
})

tls.run()
