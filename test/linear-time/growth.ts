/** One step of the sizes that are compared. */
export const factor = 16
/** So much longer may it take for `factor` times the text: linear time with room for a busy machine, and no square. */
const room = 60
/** Milliseconds below which nothing is judged: measuring is not more exact than that. */
const negligible = 20

/** Milliseconds of processor time. */
export function costOf(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** The smallest of some costs: what is more was somebody else's. */
function bestOf(times: number, work: () => unknown): number {
  return Math.min(...Array.from({ length: times }, () => costOf(work)))
}

/** Whether the cost grows faster than the text; undefined when it does not, else the two costs. */
export function growthFault(work: (length: number) => unknown, length: number): string | undefined {
  const large = costOf(() => work(length))
  if (large < negligible) return undefined
  const small = bestOf(3, () => work(length / factor))
  if (large <= small * room) return undefined
  const again = bestOf(2, () => work(length))
  const allowed =
    Math.max(
      small,
      bestOf(3, () => work(length / factor)),
      negligible / room,
    ) * room
  return again <= allowed
    ? undefined
    : `${again} ms for ${length} characters, ${small} ms for ${length / factor}`
}

/** The piece, so often that the text has the length. */
export function repeated(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
}
