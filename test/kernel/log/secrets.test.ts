import { getLogger } from 'tomodachi'
import * as assert from 'uvu/assert'
import { harmlessTexts, secret, secretTexts } from './secret-forms.ts'
import { logged, loggingSuite, written } from './written.ts'

const log = loggingSuite('log secrets')

/** The fields of the record, as JSON. */
function fieldsOf(fields: Record<string, unknown>): Record<string, unknown> {
  const {
    timestamp: _,
    logger: __,
    level: ___,
    message: ____,
    ...rest
  } = logged(() => getLogger('s').info('x', fields))
  return rest
}

for (const text of secretTexts) {
  log(`a secret in a text: ${JSON.stringify(text)}`, () => {
    const [line = ''] = written(() => {
      getLogger('s').info(text, { text, list: [text], [text]: 1, error: new Error(text) })
    })
    assert.not.match(line, secret)
    assert.match(line, '[redacted]')
  })
}

for (const text of harmlessTexts) {
  log(`no secret in a text: ${JSON.stringify(text)}`, () => {
    const record = logged(() => getLogger('s').info(text, { text }))
    assert.equal([record.message, record.text], [text, text])
  })
}

log('what stands around a secret in a text stays', () => {
  const cases: Record<string, string> = {
    'a=1&token=x&b=2': 'a=1&token=[redacted]&b=2',
    'password: x, user: u': 'password: [redacted], user: u',
    '{"password":"x","user":"u"}': '{"password":"[redacted]","user":"u"}',
    '{"body":"{\\"password\\":\\"x\\",\\"user\\":\\"u\\"}"}':
      '{"body":"{\\"password\\":\\"[redacted]\\",\\"user\\":\\"u\\"}"}',
    'Server=db;Password=x;Encrypt=true': 'Server=db;Password=[redacted];Encrypt=true',
    'Authorization: Token x9\nAccept: a': 'Authorization: Token [redacted]\nAccept: a',
    'Cookie: a=b; c=d\r\nAccept: a': 'Cookie: [redacted]\r\nAccept: a',
    'https://TOKEN@host/x': 'https://[redacted]@host/x',
    'see (token=x9).': 'see (token=[redacted]).',
    "{ auth: { user: 'u' }, id: 1 }": '{ auth: [redacted], id: 1 }',
  }
  for (const [text, expected] of Object.entries(cases)) {
    assert.is(logged(() => getLogger('s').info(text)).message, expected)
    assert.is(logged(() => getLogger('s').info(expected)).message, expected, 'a second time')
  }
})

log('secrets in fields, by the name', () => {
  const names = [
    'pwd',
    'pass',
    'auth',
    'bearer',
    'jwt',
    'otp',
    'csrf',
    'dbPass',
    'db_pass',
    'DB-PASS',
    'basicAuth',
  ]
  names.push(
    'proxy-auth',
    'userPwd',
    'AccountKey',
    'accountKey',
    'connectionString',
    'passcode',
    'refreshToken',
  )
  names.push(
    'x-api-key',
    'xApiKey',
    'apikey',
    'signing_key',
    'auth_header',
    'PGPASSWORD',
    'idToken',
    'authorisation',
  )
  for (const name of names) assert.equal(fieldsOf({ [name]: secret }), { [name]: '[redacted]' }, name)
  for (const value of [[secret], { a: secret }, new Map([['a', secret]]), 123456, 10n]) {
    assert.equal(fieldsOf({ auth: value }), { auth: '[redacted]' })
  }
})

log('no secrets in fields, by name or value', () => {
  const fields = {
    passed: 'p',
    compass: 'c',
    bypass: 'b',
    author: 'a',
    auth_user: 'u',
    authority: 'h',
    oauthState: 's',
    keyboard: 'k',
    key: 'k',
    routingKey: 'k',
    secretary: 's',
    tokenizer: 't',
    tokenType: 'bearer',
    authorizationUrl: 'https://h/authorize',
    secretName: 'db',
    cookieDomain: 'h',
    passwordPolicy: 'strong',
    token_expires_at: '2027-01-01',
    passwordChangedAt: 1700000000000,
    tokens: 1234,
    maxTokens: 4096,
    token_count: 12,
    sessionTimeout: 30000,
    pass: 3,
    passwordChanged: true,
    token: null,
    password: '',
    session: false,
    required: ['password', 'email'],
    allowedHeaders: ['authorization', 'content-type'],
    bound: { name: 'token', value: null },
    parameter: { name: 'page', value: '2' },
  }
  assert.equal(fieldsOf(fields), fields)
})

log('secrets in lists of names and values, however they are held', () => {
  const hidden = '[redacted]'
  const cases: [unknown, unknown][] = [
    [
      [
        ['password', secret],
        ['user', 'u'],
      ],
      [
        ['password', hidden],
        ['user', 'u'],
      ],
    ],
    [
      ['host', 'h', 'authorization', secret],
      ['host', 'h', 'authorization', hidden],
    ],
    [
      ['X-API-Key', secret, 'Accept', 'a'],
      ['X-API-Key', hidden, 'Accept', 'a'],
    ],
    [
      ['Set-Cookie', secret],
      ['Set-Cookie', hidden],
    ],
    [
      ['login', '--password', secret],
      ['login', '--password', hidden],
    ],
    [[{ name: 'Cookie', value: secret }], [{ name: 'Cookie', value: hidden }]],
    [
      { key: 'DB_PASSWORD', value: secret },
      { key: 'DB_PASSWORD', value: hidden },
    ],
    [new Map([['password', secret]]), { password: hidden }],
    [new Map([['a', new Headers({ authorization: secret })]]), { a: { authorization: hidden } }],
    [new Headers({ 'x-api-key': secret, host: 'h' }), { host: 'h', 'x-api-key': hidden }],
    [new URLSearchParams({ token: secret, a: '1' }), { token: hidden, a: '1' }],
    [new Set(['x-auth-token', secret]), ['x-auth-token', hidden]],
    [new URL(`https://${secret}@h/?token=${secret}`), 'https://[redacted]@h/?token=[redacted]'],
    [Object.entries({ token: secret }), [['token', hidden]]],
  ]
  for (const [value, expected] of cases) assert.equal(fieldsOf({ value }), { value: expected })
  const form = new FormData()
  form.append('password', secret)
  assert.equal(fieldsOf({ form }), { form: { password: hidden } })
})

log.run()
