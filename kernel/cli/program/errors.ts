import { type Catalogued, errors, show } from '../../adapter-kit.ts'

/** The errors of the command line. */
const codes = errors('cli', {
  COMMAND_UNKNOWN: (v: { command: string; hint: string }) =>
    `there is no command ${show(v.command)}; ${v.hint}`,
  CONFIRMATION_MISSING: (v: { command: string }) =>
    `${v.command} deletes messages for good, and without a terminal it cannot ask you first; add --yes, or --dry-run to count them`,
  ENV_FILE_UNREADABLE: (v: { file: string; reason: string }) =>
    `cannot read the environment file ${v.file}: ${v.reason}`,
  FILES_MISSING: (v: { command: string; needed: string; hint: string }) =>
    `${v.command} needs ${v.needed}; ${v.hint}`,
  FILES_UNEXPECTED: (v: { command: string; file: string }) =>
    `the command ${v.command} takes no file, but was given ${show(v.file)}`,
  FILE_NEVER_LOADED: (v: { file: string }) =>
    `${v.file} never finishes loading: one of its top-level awaits never settles`,
  FILE_NOT_FOUND: (v: { file: string; reason: string }) => `cannot run ${v.file}: ${v.reason}`,
  FILE_NOT_LOADABLE: (v: { file: string; reason: string }) => `cannot load ${v.file}: ${v.reason}`,
  FILE_RUNS_ITSELF: (v: { file: string }) =>
    `${v.file} runs its services itself; start it with node, or export the services instead of calling run()`,
  FILE_WITHOUT_SERVICE: (v: { file: string }) =>
    `${v.file} exports no service; write "export default new Service({ name: 'orders' })", or export a class that extends Service`,
  LOGGER_NOT_FOUND: (v: { name: string; reason: string }) => `cannot use the logger ${v.name}: ${v.reason}`,
  NODE_TOO_OLD: (v: { actual: string; needed: string }) =>
    `Node ${v.actual} is too old; install Node ${v.needed} or newer`,
  OPTION_MISPLACED: (v: { option: string; command: string }) =>
    `the option ${v.option} does not belong to the command ${v.command}`,
  OPTION_UNKNOWN: (v: { option: string; hint: string }) => `there is no option ${v.option}; ${v.hint}`,
  OPTION_WITHOUT_VALUE: (v: { option: string; help: string }) =>
    `the option ${v.option} needs a value: ${v.help}`,
  OPTION_WITH_VALUE: (v: { option: string; value: string }) =>
    `the option ${v.option} takes no value, but was given ${show(v.value)}`,
  SERVICE_FOREIGN: (v: { file: string; other: string; own: string }) =>
    `${v.file} uses the copy of tomodachi in ${v.other}, but this command comes from the copy in ${v.own}; run it with ${v.other}/dist/kernel/cli/main.js`,
  SERVICE_NOT_MADE: (v: { service: string; reason: string }) =>
    `cannot create the service ${v.service}: ${v.reason}`,
  START_FAILED: (v: { reason: string }) => `the service could not start: ${v.reason}`,
  TSX_MISSING: (v: { file: string; reason: string }) =>
    `cannot load ${v.file} without the package tsx: ${v.reason}; run "npm install --save-dev tsx"`,
})

declare module '../../index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
