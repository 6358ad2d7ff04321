/** How many letters may be wrong, missing or extra. */
const tolerance = 2

/**
 * The name that was probably meant: the one with the fewest letters to change, or else one that starts with the
 * wanted text.
 */
export function nearest(wanted: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: distance(wanted, name) }))
    .filter(({ name, distance }) => distance <= Math.min(tolerance, name.length - 1))
    .sort((one, other) => one.distance - other.distance)
  return ranked[0]?.name ?? names.find((name) => wanted.length > 1 && name.startsWith(wanted))
}

/** Levenshtein distance: insertions, deletions and replacements that turn one text into the other. */
function distance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...one].entries()) {
    const current = [row + 1]
    for (let column = 1; column <= other.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (other[column - 1] === letter ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[other.length] ?? 0
}
