/**
 * What a test process tells the runner: one JSON line each on file descriptor 3. A descriptor, because an IPC
 * channel would itself keep the process alive and so hide what a test left open.
 */
export type Report =
  | { kind: 'done'; passed: number; failed: number; skipped: number }
  | { kind: 'fault'; message: string }

/** The descriptor on which reports are written. */
export const REPORT_DESCRIPTOR = 3

/** Seconds that a process may take to end by itself after its last suite. */
export const LEAVE_SECONDS = 10
