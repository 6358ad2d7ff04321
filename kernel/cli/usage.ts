import { type CommandName, type OptionName, optionOf, options } from './options.ts'

/** What the command line understands, for `--help`. Ends with a line feed. */
export function usage(): string {
  return `usage: tomodachi run [options] <file...>
       tomodachi chart [--format <format>]

run (or start): run the services that the files export, until a signal stops them; logs go to stderr
${linesFor('run')}

chart: draw the lifecycle that every service goes through
${linesFor('chart')}

other options
${linesFor(undefined)}

exit codes: 0 stopped in order, 1 could not start or failed, 2 wrong usage
`
}

function linesFor(command: CommandName | undefined): string {
  return (Object.keys(options) as OptionName[])
    .filter((name) => optionOf(name).command === command)
    .map(lineFor)
    .join('\n')
}

function lineFor(name: OptionName): string {
  const { short, value, variable, help } = optionOf(name)
  const left = `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
  const line = `  ${left.padEnd(35)} ${help}`
  return variable ? `${line}\n${' '.repeat(38)}also ${variable}` : line
}
