import { type Catalogued, errors, show } from '../../adapter-kit.ts'

/** The errors of the command line. */
const codes = errors('cli', {
  CHECK_TIMEOUT: (v: { timeout: string; hint: string }) => `it is not done after ${v.timeout}${v.hint}`,
  COMMAND_UNKNOWN: (v: { command: string; hint: string }) =>
    `there is no command ${show(v.command)}; ${v.hint}`,
  CONFIRMATION_MISSING: (v: { command: string }) =>
    `${v.command} deletes messages permanently and cannot ask for confirmation without a terminal; add --yes to confirm, or --dry-run to count the messages`,
  ENV_FILE_UNREADABLE: (v: { file: string; reason: string }) =>
    `cannot read the environment file ${v.file}: ${v.reason}`,
  FILES_MISSING: (v: { command: string; needed: string; hint: string }) =>
    `${v.command} needs ${v.needed}; ${v.hint}`,
  FILES_UNEXPECTED: (v: { command: string; file: string }) =>
    `the command ${v.command} does not take a file, but got ${show(v.file)}`,
  FILE_NEVER_LOADED: (v: { file: string }) =>
    `${v.file} never finishes loading: one of its top-level awaits never settles`,
  FILE_NOT_FOUND: (v: { file: string; reason: string }) => `cannot run ${v.file}: ${v.reason}`,
  FILE_NOT_LOADABLE: (v: { file: string; reason: string }) => `cannot load ${v.file}: ${v.reason}`,
  FILE_RUNS_ITSELF: (v: { file: string }) =>
    `${v.file} calls run() itself; start it with node, or export the services instead`,
  FILE_WITHOUT_SERVICE: (v: { file: string }) =>
    `${v.file} does not export a service; write "export default new Service({ name: 'orders' })", or export a class that extends Service`,
  LOGGER_NOT_FOUND: (v: { name: string; reason: string }) => `cannot use the logger ${v.name}: ${v.reason}`,
  NODE_TOO_OLD: (v: { actual: string; needed: string }) =>
    `Node ${v.actual} is too old; install Node ${v.needed} or newer`,
  OPTION_MISPLACED: (v: { option: string; command: string }) =>
    `the command ${v.command} has no option ${v.option}`,
  OPTION_UNKNOWN: (v: { option: string; hint: string }) => `there is no option ${v.option}; ${v.hint}`,
  OPTION_WITHOUT_VALUE: (v: { option: string; help: string }) =>
    `the option ${v.option} needs a value: ${v.help}`,
  OPTION_WITH_VALUE: (v: { option: string; value: string }) =>
    `the option ${v.option} does not take a value, but got ${show(v.value)}`,
  SDK_UNSUPPORTED: (v: { packages: string }) =>
    `the installed release of ${v.packages} has no startNodeSdk; run "npm install ${v.packages}@^0.301.0"`,
  SERVICE_FOREIGN: (v: { file: string; other: string; own: string }) =>
    `${v.file} uses the copy of tomodachi in ${v.other}, but this command belongs to the copy in ${v.own}; run ${v.other}/dist/kernel/cli/main.js instead`,
  SERVICE_NOT_MADE: (v: { service: string; reason: string }) =>
    `cannot create the service ${v.service}: ${v.reason}`,
  START_FAILED: (v: { reason: string }) => `the service could not start: ${v.reason}`,
  TSX_MISSING: (v: { file: string; reason: string }) =>
    `cannot load ${v.file} without the package tsx: ${v.reason}; run "npm install --save-dev tsx"`,
})

declare module '../../index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
