import { type Arrow, type Arrows, eventLabels } from './chart/arrows.ts'
import type { Chart, ChartState } from './chart/chart.ts'
import { backArrowsOf } from './chart/spine.ts'
import { everyStateOf, nameOf, stateDiagram, stateIds, unescaped } from './mermaid.ts'
import type { Render } from './renderer.ts'

/** Dark on white, to be readable on light and dark pages alike. The keys are the renderer's. */
const colors: Readonly<Record<string, string>> = {
  bg: '#ffffff',
  _text: '#1f2328',
  '_text-sec': '#424a53',
  _line: '#59636e',
  _arrow: '#1f2328',
  '_node-fill': '#f6f8fa',
  '_node-stroke': '#818b98',
  '_group-fill': '#ffffff',
  '_group-hdr': '#eaeef2',
  '_inner-stroke': '#d1d9e0',
}

/** The renderer measures text in the font Inter. These fonts are as narrow, and none of them is fetched. */
const style = `<style>
  text { font-family: Inter, Helvetica, Arial, 'Liberation Sans', sans-serif; }
  .active > rect { fill: #fde68a; stroke: #b45309; stroke-width: 2; }
  .subgraph.active > rect { fill: #fffbeb; }
  .subgraph.active > rect + rect { fill: #fde68a; }
  .active > text { fill: #1f2328; font-weight: 600; }
</style>`

const margin = 40
const lineHeight = 18
/** A generous guess at the width of a character of a caption, in pixels. */
const characterWidth = 7

/** Stands before the label of an arrow that is drawn from its target to its source. */
const backwards = '\u200b'

/** A chart as a self-contained SVG picture: it loads no script, font or style. */
export function svg({ id, states }: Chart, { arrows, everywhere }: Arrows, render: Render): string {
  const rendered = pictureOf(states, arrows, render)
  const captions = everywhere.map(
    ({ from, to, events }) =>
      `${eventLabels(events).join(' / ')}: from ${everyStateOf(from)} to ${nameOf(to)}`,
  )
  const [drawnWidth = 0, drawnHeight = 0] = (/viewBox="0 0 ([\d.]+ [\d.]+)"/.exec(rendered)?.[1] ?? '')
    .split(' ')
    .map((number) => Math.ceil(Number(number)))
  const width = Math.max(drawnWidth, ...captions.map(({ length }) => 2 * margin + length * characterWidth))
  const height = drawnHeight + captions.length * lineHeight
  const title = escapeXml(titleOf(id, states))
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
    `<title>${title}</title>`,
    style,
    `<rect width="100%" height="100%" rx="6" fill="${colors.bg}" />`,
    withActive(body(rendered), states),
    ...captions.map(
      (caption, index) =>
        `<text x="${margin}" y="${drawnHeight - 12 + index * lineHeight}" font-size="12" fill="${colors['_text-sec']}">${escapeXml(caption)}</text>`,
    ),
    '</svg>',
  ].join('\n')}\n`
}

/** The renderer breaks cycles at any place. Turning the arrows around that lead back keeps the start at the top. */
function pictureOf(states: readonly ChartState[], arrows: readonly Arrow[], render: Render): string {
  const back = backArrowsOf(states, arrows)
  const downwards = arrows.map((arrow) =>
    back.has(arrow) && arrow.from !== arrow.to
      ? { from: arrow.to, to: arrow.from, events: arrow.events.map((event) => backwards + event) }
      : arrow,
  )
  return render({
    format: 'svg',
    text: unescaped(stateDiagram(states, downwards, { separator: '<br/>' })),
    options: { padding: margin, layerSpacing: 26, nodeSpacing: 36 },
  })
    .replaceAll(/<polyline [^<>]*>/g, (line) => (line.includes('data-label="\u200b') ? reversed(line) : line))
    .replaceAll(backwards, '')
}

function reversed(line: string): string {
  return line
    .replace(/data-from="([^"]*)" data-to="([^"]*)"/, 'data-from="$2" data-to="$1"')
    .replace(/ points="([^"]*)"/, (_, points: string) => ` points="${points.split(' ').reverse().join(' ')}"`)
}

/** The renderer's picture without its frame and style sheet, and with colours in place of its variables. */
function body(rendered: string): string {
  return rendered
    .slice(rendered.indexOf('</style>') + '</style>'.length, rendered.lastIndexOf('</svg>'))
    .trim()
    .replaceAll(/var\(--([\w-]+)\)/g, (_, name: string) => colors[name] ?? colors._text ?? '')
}

function withActive(picture: string, states: readonly ChartState[]): string {
  const ids = stateIds(states)
  return states
    .filter((state) => state.active)
    .reduce(
      (text, { path }) =>
        text
          .replace(`<g class="node" data-id="${ids.get(path)}"`, (group) => activeGroup(group))
          .replace(`<g class="subgraph" data-id="${ids.get(path)}"`, (group) => activeGroup(group)),
      picture,
    )
}

function activeGroup(group: string): string {
  return group.replace('" data-id', ' active" data-id')
}

function titleOf(id: string, states: readonly ChartState[]): string {
  const active = states.filter((state) => state.active).map(({ path }) => path)
  const innermost = active.filter((path) => !active.some((other) => other.startsWith(`${path}.`)))
  return innermost.length === 0 ? `Statechart ${id}` : `Statechart ${id}, in ${innermost.join(', ')}`
}

function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
