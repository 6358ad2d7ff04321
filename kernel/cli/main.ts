#!/usr/bin/env node
import './program/errors.ts'
import { TomodachiError } from '../index.ts'

// The rest is loaded only by a Node that can run it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  const { message } = new TomodachiError('NODE_TOO_OLD', { actual: process.versions.node, needed: '22.19' })
  process.stderr.write(`tomodachi: ${message}\n`)
  process.exitCode = 1
} else {
  const { command } = await import('./command.ts')
  command(process.argv.slice(2), process.env)
}
