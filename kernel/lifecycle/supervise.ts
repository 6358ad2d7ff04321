import type { Supervisor, SupervisorOptions } from './supervisor.ts'

/** Makes a supervisor. Loaded only here: most processes have none, and shall start without it. */
export async function supervise(options: SupervisorOptions): Promise<Supervisor> {
  const { Supervisor } = await import('./supervisor.ts')
  return new Supervisor(options)
}
