// node: 24 only
import { readFileSync } from 'node:fs'
import { type Chart, draw, lifecycle, worker } from 'tomodachi/statecharts'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createActor } from 'xstate'
import { connection, names, player, tangled } from './machines.ts'

const machines = { lifecycle, worker, connection, player, names, tangled }
const chart = suite('draw')

function chartOf(machine: Parameters<typeof draw>[0], options = {}): Chart {
  return JSON.parse(draw(machine, { format: 'json', ...options }))
}

/** The picture without the list below it. */
function pictureOf(machine: Parameters<typeof draw>[0], options = {}): string {
  return draw(machine, { format: 'ascii', ...options }).split('\n\nAlso:')[0] ?? ''
}

/** What stands inside the box whose title is `title`. */
function inBox(picture: string, title: string): string {
  const lines = picture.split('\n')
  const row = lines.findIndex((line) => new RegExp(`│[ │▶]* ${title}[ │]*│`).test(line))
  const column = lines[row]?.indexOf(title) ?? -1
  const corners = lines[row - 1] ?? ''
  const left = corners.lastIndexOf('┌', column)
  const right = corners.indexOf('┐', column)
  const bottom = lines.findIndex((line, index) => index > row && line[left] === '└')
  assert.ok(left >= 0 && right > left && bottom > row, `no box ${title} in\n${picture}`)
  return lines
    .slice(row + 1, bottom)
    .map((line) => line.slice(left + 1, right))
    .join('\n')
}

/** Fails unless elements are closed in order and text has no bare markup. */
function assertWellFormed(xml: string): void {
  const open: string[] = []
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi,
    (_, closing: string, name: string, __, empty: string) => {
      if (closing) assert.is(open.pop(), name)
      else if (!empty) open.push(name)
      return ''
    },
  )
  assert.equal(open, [])
  assert.not.match(rest, /[<]|&(?!#?\w+;)/)
}

chart('draws the lifecycle as Mermaid text, by default', () => {
  const expected = readFileSync(new URL('../fixtures/lifecycle.mmd', import.meta.url), 'utf8')
  assert.is(draw(lifecycle), expected)
  assert.is(draw(lifecycle, { format: 'mermaid' }), expected)
})

chart('nests states, and writes what crosses a border after all of them', () => {
  const text = draw(connection)
  assert.match(
    text,
    /state connected \{\n {4}\[\*\] --> declaring\n {4}declaring --> consuming : declare done\n/,
  )
  assert.match(text, /\n {2}\}\n(?:.*\n)* {2}declaring --> waiting : declare failed\n/)
  assert.match(text, /\n {2}closed --> \[\*\]\n/)
})

chart('merges arrows between the same states', () => {
  assert.match(draw(connection), /\n {2}connecting --> waiting : open failed \/ after 30 s\n/)
  assert.match(
    draw(lifecycle),
    /stopping --> draining : pauseAdapters done or failed \/ after drainDeadline\n/,
  )
})

chart('names conditions, delays and transitions without an event', () => {
  const text = draw(connection)
  assert.match(text, /waiting --> closed : always \[givenUp\]\n/)
  assert.match(text, /waiting --> connecting : after backoff\n/)
  assert.match(text, /waiting --> disconnected : after 250 ms\n/)
  assert.match(draw(names), / --> \w+ : any event \[and\(ready, not\(busy\)\)\]\n/)
})

chart('notes what leaves every state, and leaves out what stays', () => {
  const text = draw(connection)
  assert.match(text, /note right of closed : close, from every state\n/)
  assert.match(text, /note right of declaring : restart, from every state of connected\n/)
  assert.not.match(text, /ping/)
})

chart('ends an arrow to a surrounding state where that state starts', () => {
  assert.match(draw(connection), /\n {4}consuming --> declaring : again\n/)
})

chart('draws regions side by side', () => {
  assert.match(
    draw(player),
    /state playing \{\n {4}state track \{\n(?:.*\n)*? {4}\}\n {4}--\n {4}state volume \{/,
  )
  assert.match(draw(player), /\n {2}playing --> ended : done\n/)
})

chart('gives Mermaid names that it accepts', () => {
  const text = draw(names)
  assert.match(
    text,
    /state "note" as s\d+_note \{\n {4}state "wait" as (s\d+_note_wait)\n {4}\[\*\] --> \1\n/,
  )
  assert.match(text, / : a#58;b#59; #34;c#34; #60;&#62;\n/)
  assert.is(text.match(/"wait" as /g)?.length, 2)
})

chart('marks every active state in Mermaid text', () => {
  const text = draw(lifecycle, { active: { draining: 'waiting' } })
  assert.match(text, /\n {2}classDef active \S+\n {2}class draining active\n {2}class waiting active\n$/)
  assert.not.match(draw(lifecycle), /class/)
})

chart('marks every active state in SVG', () => {
  const svg = draw(lifecycle, { format: 'svg', active: { draining: 'waiting' } })
  const marked = [...svg.matchAll(/<g class="(\w+) active" data-id="(\w+)"/g)].map(
    ([, kind, id]) => `${kind} ${id}`,
  )
  assert.equal(marked, ['subgraph draining', 'node waiting'])
  assert.match(svg, /aria-label="Statechart lifecycle, in draining.waiting"/)
})

chart('marks every active state in a terminal', () => {
  const picture = pictureOf(lifecycle, { active: { draining: 'waiting' } })
  assert.equal(picture.match(/▶ \w+/g), ['▶ draining', '▶ waiting'])
})

chart('marks every active state in data', () => {
  const { states } = chartOf(player, { active: { playing: { track: 'over', volume: 'normal' } } })
  const active = states.filter((state) => state.active).map(({ path }) => path)
  assert.equal(active, [
    'playing',
    'playing.track',
    'playing.track.over',
    'playing.volume',
    'playing.volume.normal',
  ])
})

chart('takes a snapshot for what is active, and fills in where a state starts', () => {
  const actor = createActor(player).start()
  actor.send({ type: 'on' })
  const expected = draw(player, { active: { playing: { track: 'paused', volume: 'normal' } } })
  assert.is(draw(player, { active: actor.getSnapshot() }), expected)
  assert.is(draw(player, { active: 'playing' }), expected)
})

chart('refuses an active state that is not there', () => {
  assert.throws(() => draw(lifecycle, { active: 'sleeping' }), /sleeping/)
})

for (const [name, machine] of Object.entries(machines)) {
  chart(`draws ${name} as an SVG that stands alone`, () => {
    const svg = draw(machine, { format: 'svg' })
    assertWellFormed(svg)
    assert.not.match(
      svg.replace('xmlns="http://www.w3.org/2000/svg"', ''),
      /https?:|@import|url\((?!#)|var\(|NaN/,
    )
    for (const { path, type } of chartOf(machine).states) {
      if (type !== 'history') assert.match(svg, `>${path.split('.').at(-1)}</text>`)
    }
  })

  chart(`draws ${name} for a terminal of 120 columns`, () => {
    const lines = draw(machine, { format: 'ascii' }).split('\n')
    assert.ok(Math.max(...lines.map(({ length }) => length)) <= 120)
    assert.equal(
      lines,
      lines.map((line) => line.trimEnd()),
    )
  })
}

chart('says in the SVG what leaves every state', () => {
  assert.match(draw(lifecycle, { format: 'svg' }), />force: from every state to stopped<\/text>/)
})

chart('points an arrow that leads back at its target', () => {
  const svg = draw(connection, { format: 'svg' })
  const points =
    /data-from="blocked" data-to="consuming"[^>]* points="([^"]*)"/.exec(svg)?.[1]?.split(' ') ?? []
  const [start, end] = [points[0], points.at(-1)].map((point) => Number(point?.split(',')[1]))
  assert.ok(Number(start) > Number(end), `${start} is below ${end}`)
})

chart('draws boxes around nothing but their own states', () => {
  const picture = pictureOf(lifecycle)
  const words = (title: string) => inBox(picture, title).match(/(?<=[│┤] *)[a-z]+(?= *[├│┤])/g)
  assert.equal(words('starting'), ['preparing', 'connecting', 'announcing'])
  assert.equal(words('draining'), ['waiting', 'closing', 'releasing', 'finishing'])
  assert.not.match(inBox(pictureOf(connection), 'connected'), /waiting|closed|connecting/)
})

chart('draws no boxes where they would hold strangers', () => {
  const picture = pictureOf(tangled)
  assert.match(picture, /c\.one/)
  assert.match(picture, /c\.two/)
  assert.not.match(picture, /[▶]|│ *c *│/)
})

chart('lists below the picture what the picture leaves out', () => {
  const text = draw(connection, { format: 'ascii' })
  const list = text.split('\n\nAlso:\n')[1] ?? ''
  assert.match(list, /^ {2}every state → closed {2,}close$/m)
  assert.match(list, /^ {2}connected → waiting {2,}lost$/m)
  assert.match(list, /^ {2}waiting → connecting {2,}after backoff$/m)
  for (const { to, event } of chartOf(connection).transitions) {
    if (to !== undefined) assert.match(text, event)
  }
})

chart('is data too', () => {
  const { id, states, transitions } = chartOf(connection)
  assert.is(id, 'connection')
  assert.equal(states.slice(0, 4), [
    { path: 'disconnected', type: 'atomic', initial: true },
    { path: 'connecting', type: 'atomic' },
    { path: 'connected', type: 'compound' },
    { path: 'connected.declaring', type: 'atomic', initial: true },
  ])
  const from = (path: string) => transitions.filter((transition) => transition.from === path)
  assert.equal(from(''), [{ from: '', to: 'closed', event: 'close' }])
  assert.equal(from('connected.blocked'), [
    { from: 'connected.blocked', to: 'connected.consuming', event: 'unblocked' },
    { from: 'connected.blocked', event: 'ping' },
  ])
  assert.equal(from('waiting').at(-1), { from: 'waiting', to: 'closed', event: 'always', guard: 'givenUp' })
})

chart.run()
