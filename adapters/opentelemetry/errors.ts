import { type Catalogued, errors } from '../../kernel/adapter-kit.ts'

/** The errors of OpenTelemetry. */
const codes = errors('opentelemetry', {
  LOGS_API_MISSING: () =>
    'opentelemetry({ logs: true }) needs @opentelemetry/api 1.10 or newer; run "npm install @opentelemetry/api@latest"',
})

declare module '../../kernel/index.ts' {
  interface ErrorCatalogue extends Catalogued<typeof codes> {}
}
