/** What every process can be asked. */
const common = {
  usage() {
    const { user, system } = process.cpuUsage()
    return { cpu: user + system, memory: process.memoryUsage.rss() }
  },
}

/**
 * Tells the parent that this process is ready, answers its questions, and ends with it.
 *
 * @param {object} facts told at once
 * @param {Record<string, (value: unknown) => unknown>} own what this process can be asked besides
 */
export function report(facts, own = {}) {
  const answers = { ...common, ...own }
  process.on('message', async ({ question, value }) => process.send(await answers[question](value)))
  process.on('disconnect', () => process.exit())
  process.send(facts)
}
