/**
 * What the package keeps to itself and a few tests need all the same: all other tests enter through the doors. Each has its reason.
 */

// What the documents have to name.
export { ownAttribute } from '../dist/adapters/opentelemetry/conventions/own-names.js'
export { attribute } from '../dist/adapters/opentelemetry/conventions/semantic-conventions.js'
// What the dashboard and the alert rules may name: metrics as they are defined, and as Prometheus calls them.
export { definitions } from '../dist/adapters/opentelemetry/metrics/definitions.js'
export { familyNameOf } from '../dist/adapters/opentelemetry/prometheus/names.js'
// Delays of minutes, and deaths at a given moment: the command has no clock that a test can move.
export { Supervisor, type WorkerReport } from '../dist/kernel/cli/run/supervisor.js'
// What the build has written down, beside what it would write now.
export { pictures } from '../dist/statecharts/pictures.js'
export { builtPictures } from '../dist/statecharts/renderer.js'
