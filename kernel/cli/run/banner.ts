import { styleText } from 'node:util'
import { type Adapter, getContext, type Kernel } from '../../index.ts'
import { visible, wantsColors } from '../../log/index.ts'

/** How many handlers of one adapter are listed; the rest is only counted. */
const longestList = 20

type Row = readonly [address: string, handler: string]

/**
 * What runs, for people: versions, services, and for each adapter its endpoints and handlers. It has colours where
 * the log would have them on that stream. `processes` says what runs the services. Ends with a line feed.
 */
export function banner(kernel: Kernel, stream: NodeJS.WriteStream, processes = `pid ${process.pid}`): string {
  const isPainted = wantsColors(stream)
  const paint = (format: 'bold' | 'dim' | 'cyan', text: string) =>
    isPainted ? styleText(format, visible(text), { validateStream: false }) : visible(text)
  const { runtime, version } = getContext()
  const names = kernel.services.map(({ name }) => paint('bold', name)).join(', ')
  const lists = kernel.adapters().map((adapter) => ({ adapter, rows: rowsOf(kernel, adapter) }))
  const width = Math.max(0, ...lists.flatMap(({ rows }) => rows.map(([address]) => address.length)))
  const sections = lists.map(({ adapter: { name, endpoints = [] }, rows }) => [
    [`  ${visible(name)}`, ...endpoints.map((endpoint) => paint('cyan', endpoint))].join('  '),
    ...rows.map(
      ([address, handler]) =>
        `    ${handler ? address.padEnd(width) : address}${handler && paint('dim', `  ${handler}`)}`,
    ),
  ])
  return [
    '',
    `  ${names}  ${paint('dim', `tomodachi ${version}, ${runtime}, ${processes}`)}`,
    ...sections.flatMap((section) => ['', ...section]),
    '',
    paint('dim', '  press Ctrl-C to stop'),
    '',
    '',
  ].join('\n')
}

function rowsOf(kernel: Kernel, adapter: Adapter): Row[] {
  const severalServices = kernel.services.length > 1
  const rows = kernel
    .actors()
    .filter(({ source }) => (source.adapter.origin ?? source.adapter) === adapter)
    .map(({ source: { address }, name, service }): Row => {
      const handler = name === address ? '' : name
      return [visible(address), severalServices ? `${service.name}${handler && `: ${handler}`}` : handler]
    })
  const rest = rows.length - longestList
  return rest > 0 ? [...rows.slice(0, longestList), [`and ${rest} more`, '']] : rows
}
