import { type Catalogued, errors } from '../errors.ts'
import { show } from '../thrown.ts'

/** The errors of starting, running and stopping. */
const codes = errors('kernel', {
  ADAPTER_ALREADY_RUNS: (v: { adapter: string }) =>
    `the adapter ${v.adapter} is already running in another kernel; create a separate adapter for each kernel, or run the services in one kernel`,
  ADAPTER_NOT_STARTED: (v: { adapter: string; operation: string }) =>
    `${v.operation} is not possible because ${v.adapter} is not running; wait for run() or use the onStarted hook, and if no handler uses the adapter, list it in the option adapters of a service`,
  KERNEL_STOPPED: () => 'this kernel has stopped; create a new one to run its services again',
  NO_HANDLERS: (v: { service: string }) =>
    `the service ${v.service} has no handlers; register at least one with on(source, handler)`,
  NO_SERVICES: () => 'there is no service to run; pass at least one Service to run()',
  SERVICE_ALREADY_RUNS: (v: { service: string }) =>
    `the service ${v.service} is already running; stop it before you start it again`,
  SERVICE_INVALID: (v: { actual: unknown; hint: string }) =>
    `run() expects services, as in run(new Service({ name: 'orders' })), but got ${show(v.actual)}${v.hint && `; ${v.hint}`}`,
  SERVICE_TWICE: (v: { service: string }) =>
    `the service ${v.service} was passed twice; pass each service once`,
  STEP_TIMEOUT: (v: { step: string }) => `${v.step} did not finish in time, so the stop continued without it`,
  STOPPED_WHILE_STARTING: () => 'the service was stopped while it was starting',
  STOP_AWAITED: (v: { waiter: string }) =>
    `${v.waiter} cannot await kernel.stop(), because the stop waits for it to finish; the stop has already begun, so remove the await, or call exit() instead`,
  WORK_ABANDONED: (v: { count: number }) =>
    `${v.count} unfinished deliveries were released at the drain deadline`,
  WORK_UNFINISHED: (v: { adapter: string }) =>
    `${v.adapter} still had unfinished work, such as calls or publishes, at the drain deadline`,
})

declare module '../errors.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
