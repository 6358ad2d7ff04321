const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** A span of time for people: `3.1 ms`, `340 ms`, `4.2 s`, `5 min 12 s`, `3 d 4 h`. `gap` stands before each unit. */
export function spanText(milliseconds: number, gap = ' '): string {
  if (milliseconds < 99.95) return `${Number(milliseconds.toFixed(1))}${gap}ms`
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}${gap}ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)}${gap}s`
  let left = Math.round(milliseconds / 1_000)
  const parts = units.map(([unit, seconds]) => {
    const count = Math.floor(left / seconds)
    left -= count * seconds
    return { count, text: `${count}${gap}${unit}` }
  })
  const first = parts.findIndex(({ count }) => count > 0)
  return parts
    .slice(first, first + 2)
    .map(({ text }) => text)
    .join(' ')
}
