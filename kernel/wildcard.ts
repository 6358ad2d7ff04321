/**
 * Whether a text fits a pattern. Both are given in parts; a run is a part of the pattern that takes any number of
 * parts of the text. It goes through the text once and keeps track of all matching beginnings of the pattern, in
 * time pattern × text. A regular expression tries one way after the other, which could take forever.
 */
export function fits(
  pattern: readonly string[],
  text: Iterable<string>,
  isRun: (part: string) => boolean,
  takes: (part: string, unit: string) => boolean,
): boolean {
  let reached = [true]
  for (const [at, part] of pattern.entries()) reached[at + 1] = isRun(part) && reached[at] === true
  for (const unit of text) {
    const next = [false]
    for (const [at, part] of pattern.entries()) {
      next[at + 1] = isRun(part)
        ? next[at] === true || (reached[at + 1] === true && takes(part, unit))
        : reached[at] === true && takes(part, unit)
    }
    reached = next
  }
  return reached[pattern.length] === true
}

/** Whether a text fits a pattern in which `*` stands for any characters. */
export function fitsWildcard(pattern: string, text: string): boolean {
  return fits([...pattern], text, isStar, takesCharacter)
}

function isStar(part: string): boolean {
  return part === '*'
}

function takesCharacter(part: string, character: string): boolean {
  return part === '*' || part === character
}
