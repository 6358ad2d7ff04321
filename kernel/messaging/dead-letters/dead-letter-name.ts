import type { Link } from '../broker/broker.ts'

/** A dead-letter queue, and the queues whose messages it holds. */
interface Named {
  readonly name: string
  readonly origins: readonly string[]
}

/**
 * The dead-letter queues that a name means: those of the name, else those that hold messages of the queue of that name.
 * More than one when their name alone does not tell them apart.
 */
function deadLetterQueuesNamed<Queue extends Named>(
  wanted: string,
  queues: readonly Queue[],
): readonly Queue[] {
  const exact = queues.filter(({ name }) => name === wanted)
  return exact.length > 0 ? exact : queues.filter(({ origins }) => origins.includes(wanted))
}

/** The same, also for the other names that queues have on their broker. */
export async function deadLetterQueuesMeant<Queue extends Named>(
  wanted: string,
  queues: readonly Queue[],
  { isSame }: Pick<Link, 'isSame'>,
): Promise<readonly Queue[]> {
  const named = deadLetterQueuesNamed(wanted, queues)
  if (named.length > 0 || !isSame) return named
  const renamed = queues.map(async (queue) => {
    const { name, origins } = queue
    const same = await Promise.all([name, ...origins].map((one) => isSame(wanted, one)))
    return { name: same[0] ? wanted : name, origins: same.indexOf(true, 1) > 0 ? [wanted] : [], queue }
  })
  return deadLetterQueuesNamed(wanted, await Promise.all(renamed)).map(({ queue }) => queue)
}
