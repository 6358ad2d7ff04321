import { cpus, loadavg } from 'node:os'
import type { Line } from './line.ts'

const widths = { case: 34, figure: 26 } as const

/** Where and under which load the figures were taken. */
export function conditions(): string {
  const processors = cpus()
  const load = (loadavg()[0] as number).toFixed(1)
  return `node ${process.versions.node}, ${processors.length} × ${processors[0]?.model.trim()}, load ${load}`
}

/** One line of the table: the case, our figure, and for each opponent its figure, our ratio and its quartiles. */
export function row({ case: name, unit, better, ours, against, ratio, spread, rounds }: Line): string {
  const opponents = Object.entries(against).map(([opponent, figure]) => {
    const [lower, upper] = (spread[opponent] ?? []).map(ratioText)
    const theirs = `${opponent} ${figureText(figure)}`.padEnd(widths.figure - 6)
    return `${theirs} × ${ratioText(ratio[opponent])} (${lower} to ${upper})`
  })
  const own = `ours ${figureText(ours)} ${unit}`.padEnd(widths.figure)
  return `${name.padEnd(widths.case)} ${own} ${opponents.join('   ')}   ${better} is better, ${rounds} rounds`
}

function figureText(figure: number): string {
  return figure.toLocaleString('en', { maximumSignificantDigits: 4 })
}

function ratioText(ratio = Number.NaN): string {
  return ratio.toPrecision(3)
}
