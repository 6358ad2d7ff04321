import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { type OptionShape, optionShape } from '../../../kernel/adapter-kit.ts'

/** The address of the client that sent a request, as far as it can be trusted. */
export type ClientAddress = (raw: IncomingMessage) => string | undefined

/** The shape of the option that names the proxies in front: addresses and networks. */
export const proxiesOption: OptionShape<BlockList | undefined> = {
  standard: undefined,
  expected: 'IP addresses and networks, such as "127.0.0.1" or "10.0.0.0/8"',
  read: (value) => {
    const entries = [value].flat()
    const proxies = new BlockList()
    return entries.every((entry) => isAdded(proxies, entry)) ? proxies : undefined
  },
}

/**
 * The shape of the option that names the header with the addresses. `Forwarded` (RFC 7239) is refused because it has
 * another grammar.
 */
export function proxyHeaderOption(standard: string): OptionShape<string> {
  const expected = 'the name of a header with a list of addresses, such as "X-Forwarded-For"'
  return optionShape(standard, expected, (value) =>
    typeof value === 'string' && /^[!#$%&'*+.^_`|~\w-]+$/.test(value) && !/^forwarded$/i.test(value)
      ? value
      : undefined,
  )
}

/**
 * Finds the client of a request behind proxies. Each proxy appends the address of its own client to the list in the
 * header. The list is read from its end, and only the part that our own proxies wrote, because the client may have made
 * up the earlier entries. Without proxies, the peer is the client.
 */
export function clientAddress(proxies: BlockList | undefined, header: string): ClientAddress {
  if (proxies === undefined) return peerOf
  const field = header.toLowerCase()
  return (raw) => {
    let address = peerOf(raw)
    if (address === undefined || !isOf(proxies, address)) return address
    const entries = String(raw.headers[field] ?? '').split(',')
    for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
      const next = addressIn(entry)
      // The entry is not an address: the proxy that wrote it did not know it, and the entries before it cannot be
      // trusted.
      if (next === undefined) return address
      address = next
      if (!isOf(proxies, address)) return address
    }
    return address
  }
}

/** The address of the peer. An IPv4 address has its own form, even on an IPv6 socket. */
export function peerOf(raw: IncomingMessage): string | undefined {
  // node removes the socket from a request when a loop over its body is left.
  const address = raw.socket?.remoteAddress
  return address === undefined ? undefined : unmapped(address)
}

/** Adds an address or a network, and says whether it is one. */
function isAdded(proxies: BlockList, entry: unknown): boolean {
  const [, address = '', prefix] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(String(entry)) ?? []
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  if (version === 0 || address.includes('%') || Number(prefix ?? 0) > bits) return false
  proxies.addSubnet(address, Number(prefix ?? bits), familyOf(version))
  return true
}

function isOf(proxies: BlockList, address: string): boolean {
  return proxies.check(address, familyOf(isIP(address)))
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6'
}

/** The address in an entry; some proxies add a port, or quotes and brackets. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim().replace(/^"(.*)"$/, '$1')
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? []
  const [, withPort] = /^([\d.]+):\d+$/.exec(text) ?? []
  const address = bracketed ?? withPort ?? text
  return isIP(address) > 0 ? unmapped(address) : undefined
}

/** Turns an IPv4 address that is written as an IPv6 one into its own form. */
export function unmapped(address: string): string {
  return /^::ffff:[\d.]+$/i.test(address) ? address.slice(7) : address
}
