import { loadPackage } from '../../../kernel/adapter-kit.ts'

/**
 * The API of OpenTelemetry, loaded with this entry. Instruments are asked for before any adapter has started, so that it
 * cannot be loaded later. Without the package, importing the entry rejects with `PACKAGE_MISSING`.
 */
export const api = await loadPackage(
  'opentelemetry',
  '@opentelemetry/api',
  () => import('@opentelemetry/api'),
)
