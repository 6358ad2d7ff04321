import { type Catalogued, errors } from '../errors.ts'
import { show } from '../thrown.ts'

/** The errors of starting, running and stopping. */
const codes = errors('kernel', {
  ADAPTER_ALREADY_RUNS: (v: { adapter: string }) =>
    `the adapter ${v.adapter} runs in another kernel already; make one of its own for each kernel, or run the services together`,
  ADAPTER_NOT_STARTED: (v: { adapter: string; operation: string }) =>
    `${v.adapter} is not started, so ${v.operation} cannot be done; wait until run() has resolved, or use the onStarted hook; an adapter without handlers has to be in the list adapters of a service`,
  KERNEL_STOPPED: () => 'this kernel has been stopped; make a new one to run its services again',
  NO_HANDLERS: (v: { service: string }) =>
    `the service ${v.service} has no handlers; register at least one with on(source, handler)`,
  NO_SERVICES: () => 'there is no service to run; pass at least one Service to run()',
  SERVICE_ALREADY_RUNS: (v: { service: string }) =>
    `the service ${v.service} runs already; stop it before it is started again`,
  SERVICE_INVALID: (v: { actual: unknown; hint: string }) =>
    `run() takes services, as in run(new Service({ name: 'orders' })), not ${show(v.actual)}${v.hint && `; ${v.hint}`}`,
  SERVICE_TWICE: (v: { service: string }) =>
    `the service ${v.service} was given twice; give each service once`,
  STEP_TIMEOUT: (v: { step: string }) => `${v.step} did not finish in time and was left behind`,
  STOPPED_WHILE_STARTING: () => 'the service was stopped while it was starting',
  STOP_AWAITED: (v: { waiter: string }) =>
    `${v.waiter} cannot await kernel.stop(), which waits for it; the stop has begun, so leave out the await, or call exit()`,
  WORK_ABANDONED: (v: { count: number }) =>
    `${v.count} unfinished deliveries were released at the drain deadline`,
  WORK_UNFINISHED: (v: { adapter: string }) =>
    `${v.adapter} had not finished its own work, such as calls or publishes, at the drain deadline`,
})

declare module '../errors.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
