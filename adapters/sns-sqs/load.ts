/** For how long the event loop is watched at least, in milliseconds. */
const period = 50

/** How busy the event loop of this process is. */
export class Load {
  /** Share of its time that it has used, by the last look. */
  share = 0
  #before = performance.eventLoopUtilization()
  #since = performance.now()

  /** Looks, unless it has just looked. Returns whether it has. */
  look(): boolean {
    const now = performance.now()
    if (now - this.#since < period) return false
    const current = performance.eventLoopUtilization()
    this.share = performance.eventLoopUtilization(current, this.#before).utilization
    this.#before = current
    this.#since = now
    return true
  }
}
