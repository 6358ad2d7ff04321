// What `tomodachi run --opentelemetry-instrument` loads. It is not a public door: programs start an SDK of their own.
export { checkPackages, type Exports, type Packages, SDK } from './packages.ts'
export { type StartedSdk, startNodeSdkOf, startSdk } from './sdk.ts'
export { isDisabled, takePrometheus } from './variables.ts'
