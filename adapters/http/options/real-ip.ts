import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { invalidOption } from './option-checks.ts'

/** The address of the client that sent a request, as far as it can be trusted. */
export type ClientAddress = (raw: IncomingMessage) => string | undefined

/**
 * How the client of a request is found behind proxies: `from` are their addresses and networks (`10.0.0.0/8`), `header`
 * is the field in which each of them adds whom it was called by, at the end. It is read from there, because only what
 * our own proxies wrote can be believed; what the client sent itself stands in front. Without proxies, the peer is the
 * client. Throws `OPTION_INVALID`.
 */
export function clientAddress(from: string | readonly string[], header: string): ClientAddress {
  const proxies = proxiesOf(typeof from === 'string' ? [from] : from)
  // Forwarded (RFC 7239) has a grammar of its own.
  if (typeof header !== 'string' || !/^[!#$%&'*+.^_`|~\w-]+$/.test(header) || /^forwarded$/i.test(header))
    invalidOption(
      'realIpHeader',
      'the name of a header with a list of addresses, such as X-Forwarded-For',
      header,
    )
  if (proxies === undefined) return peerOf
  const field = header.toLowerCase()
  return (raw) => {
    let address = peerOf(raw)
    if (address === undefined || !isOf(proxies, address)) return address
    const entries = String(raw.headers[field] ?? '').split(',')
    for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
      const next = addressIn(entry)
      // Not an address: whoever wrote it knows no more, and nothing in front of it is vouched for.
      if (next === undefined) return address
      address = next
      if (!isOf(proxies, address)) return address
    }
    return address
  }
}

/** The address at the other end of the connection; one of IPv4 in its own form, also on a socket of IPv6. */
export function peerOf(raw: IncomingMessage): string | undefined {
  // node takes the socket from a request when a loop over it is left.
  const address = raw.socket?.remoteAddress
  return address === undefined ? undefined : unmapped(address)
}

/** Undefined when there are none. */
function proxiesOf(entries: readonly string[]): BlockList | undefined {
  if (!Array.isArray(entries)) invalidProxy(entries)
  const proxies = new BlockList()
  for (const entry of entries) addTo(proxies, entry)
  return entries.length > 0 ? proxies : undefined
}

function addTo(proxies: BlockList, entry: string): void {
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(String(entry)) ?? []
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  if (version === 0 || address.includes('%') || Number(prefix ?? 0) > bits) invalidProxy(entry)
  proxies.addSubnet(address, Number(prefix ?? bits), familyOf(version))
}

function invalidProxy(entry: unknown): never {
  invalidOption('realIpFrom', 'IP addresses and networks, such as 127.0.0.1 or 10.0.0.0/8', entry)
}

function isOf(proxies: BlockList, address: string): boolean {
  return proxies.check(address, familyOf(isIP(address)))
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6'
}

/** The address in an entry, which some proxies write with a port, or in quotes and brackets. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1')
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? []
  const [, withPort] = /^([\d.]+):\d+$/.exec(text) ?? []
  const address = bracketed ?? withPort ?? text
  return isIP(address) > 0 ? unmapped(address) : undefined
}

/** An address of IPv4 in its own form, where it is written as one of IPv6. */
export function unmapped(address: string): string {
  return /^::ffff:[\d.]+$/i.test(address) ? address.slice(7) : address
}
