import { fromPromise } from 'xstate'
import type { StepTimeout } from '../../statecharts/contracts.ts'
import { lifecycle } from '../../statecharts/lifecycle.ts'
import { TomodachiError } from '../errors.ts'
import { partOf } from '../thrown.ts'
import type { LifecycleSteps } from './steps.ts'

/** The lifecycle machine with the kernel's steps in place of its empty ones. */
export function machineOf(steps: LifecycleSteps): typeof lifecycle {
  return lifecycle.provide({
    actors: {
      runStartHooks: fromPromise(() => steps.runStartHooks()),
      startAdapters: fromPromise(() => steps.startAdapters()),
      runStartedHooks: fromPromise(() => steps.runStartedHooks()),
      announceStop: fromPromise(() => steps.announceStop()),
      pauseAdapters: fromPromise(() => steps.pauseAdapters()),
      waitUntilIdle: fromPromise(() => steps.waitUntilIdle()),
      releaseWork: fromPromise(() => steps.releaseWork()),
      closeAdapters: fromPromise(() => steps.closeAdapters()),
      runStopHooks: fromPromise(() => steps.runStopHooks()),
    },
    guards: {
      // A process that stops because of a failure is in no state to go on.
      isDelayed: ({ event }) => steps.deadlines.isDelayed && !('exitCode' in event && event.exitCode),
    },
    delays: {
      stopDelay: () => steps.deadlines.delay(),
      drainDeadline: () => steps.deadlines.drain(),
      closeDeadline: () => steps.deadlines.close(),
      finishDeadline: () => steps.deadlines.finish(),
    },
  })
}

/** Where the lifecycle is, with the sub-state: `draining.waiting`. */
export function pathOf(value: unknown): string {
  if (typeof value === 'string') return value
  return Object.entries(value as object)
    .map(([state, child]) => `${state}.${pathOf(child)}`)
    .join(' ')
}

/** The machine knows none of our errors; it only notes the name of a step that took too long. */
export function readableFailure(error: unknown): unknown {
  return isTimeout(error) ? new TomodachiError('STEP_TIMEOUT', { step: error.timedOut }) : error
}

function isTimeout(error: unknown): error is StepTimeout {
  return typeof partOf(error, 'timedOut') === 'string'
}
