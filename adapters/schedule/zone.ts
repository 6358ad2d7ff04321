import type { FixedOffsetZone, IANAZone, SystemZone } from 'luxon'
import { luxon } from './packages.ts'

const minute = 60_000
const day = 86_400_000
/** Transitions are looked for in steps this long: none of the zones has changed and changed back within a week. */
const step = 7 * day
const horizon = 400 * day

/** A time without a change of the clocks. Moments are milliseconds since the epoch. */
export interface Period {
  readonly from: number
  /** First moment after it. */
  readonly until: number
  /** Milliseconds that the clocks on the wall are ahead of UTC. */
  readonly offset: number
  /** Wall times before this one have been shown in the period before already. */
  readonly repeatedUntil: number
}

/**
 * Translates between moments and what clocks on the wall show. A wall time is a number too: the moment at which clocks
 * in UTC show it.
 */
export class Zone {
  readonly name: string
  readonly #offsetAt: (moment: number) => number
  readonly #periods: Period[] = []

  constructor(name: string, offsetAt: (moment: number) => number) {
    this.name = name
    this.#offsetAt = offsetAt
  }

  /** The period of a moment. Periods are kept: looking for transitions takes time. */
  periodOf(moment: number): Period {
    const known = this.#periods.find(({ from, until }) => from <= moment && moment < until)
    if (known) return known
    const period = this.#explore(moment)
    this.#periods.push(period)
    return period
  }

  /** When clocks show this wall time: the first of two times, or the end of the gap that has swallowed it. */
  momentOf(wall: number): number {
    const before = this.#offsetAt(wall - day)
    const after = this.#offsetAt(wall + day)
    for (const offset of [before, after]) if (this.#offsetAt(wall - offset) === offset) return wall - offset
    return this.periodOf(wall - Math.max(before, after)).until
  }

  #explore(moment: number): Period {
    const offset = this.#offsetAt(moment)
    // Wall times repeat for a day at most, where the date line is moved; what lies longer ago does not matter.
    let from = moment - 2 * day
    let repeatedUntil = Number.NEGATIVE_INFINITY
    for (const earlier of [moment - day, moment - 2 * day]) {
      const previous = this.#offsetAt(earlier)
      if (previous === offset) continue
      from = this.#changeBetween(earlier, Math.min(earlier + day, moment))
      repeatedUntil = from + previous
      break
    }
    let last = moment
    while (last < moment + horizon && this.#offsetAt(last + step) === offset) last += step
    const until = last < moment + horizon ? this.#changeBetween(last, last + step) : last
    return { from, until, offset, repeatedUntil }
  }

  /** The first moment with another offset than `low` has, where `high` has another. */
  #changeBetween(low: number, high: number): number {
    const offset = this.#offsetAt(low)
    let [same, other] = [low, high]
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2)
      if (this.#offsetAt(middle) === offset) same = middle
      else other = middle
    }
    return other
  }
}

const offsetForm = /^(?:(?:GMT|UTC) ?(?=[+-])|(?=[+-])|(?=\d+:))([+-]?)(\d{1,2})(?::?([0-5]\d))?$/i

/**
 * The zone that a name or an offset stands for: `Europe/Stockholm`, `+05:30`, `-0800`, `GMT+1`; the zone of the process
 * for undefined. Undefined for text that names none.
 */
export function zoneOf(text: string): Zone | undefined
export function zoneOf(text: undefined): Zone
export function zoneOf(text: string | undefined): Zone | undefined {
  // Not loaded yet: every adapter has this zone, and few schedules need it.
  if (text === undefined) return new Zone('system', (moment) => offsetIn(luxon().SystemZone.instance, moment))
  const zone = luxonZoneOf(text)
  return zone && new Zone(zone.name, (moment) => offsetIn(zone, moment))
}

function offsetIn(zone: FixedOffsetZone | IANAZone | SystemZone, moment: number): number {
  return Math.round(zone.offset(moment) * minute)
}

function luxonZoneOf(text: string): FixedOffsetZone | IANAZone | undefined {
  const { FixedOffsetZone, IANAZone } = luxon()
  const [, sign, hours, minutes = 0] = offsetForm.exec(text.trim()) ?? []
  if (hours === undefined) return IANAZone.isValidZone(text.trim()) ? IANAZone.create(text.trim()) : undefined
  const offset = Number(hours) * 60 + Number(minutes)
  // ISO 8601 sets no limit; clocks on earth have one.
  return offset <= 14 * 60 ? FixedOffsetZone.instance(sign === '-' ? -offset : offset) : undefined
}
