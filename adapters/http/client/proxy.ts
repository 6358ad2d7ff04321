import { TomodachiError } from '../../../kernel/index.ts'
import { withoutCredentials } from './options.ts'

/**
 * The proxy that the environment names for an origin, as curl and node take it from there: the variable in lower case
 * first, and without a scheme an address is one of `http:`. Throws `OPTION_INVALID`, without its credentials.
 */
export function proxyFor(url: string): string | undefined {
  const name = url.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const given = process.env[name.toLowerCase()] ?? process.env[name]
  const text = given?.trim() ?? ''
  if (text === '') return undefined
  const proxy = text.includes('://') ? text : `http://${text}`
  if (isProxy(proxy)) return proxy
  throw new TomodachiError('OPTION_INVALID', {
    option: `${name} of the environment`,
    expected: 'the address of a proxy, such as http://proxy:3128',
    actual: withoutCredentials(text),
  })
}

function isProxy(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text)
    decodeURIComponent(username + password)
    return /^(?:https?|socks5?):$/.test(protocol)
  } catch {
    return false
  }
}
