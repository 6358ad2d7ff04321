import { configureLogging } from 'tomodachi'
import { conformance } from 'tomodachi/conformance'
import { suite } from 'uvu'
import { Line } from './line.ts'
import { memoryWorld } from './world.ts'

// The laws make handlers fail by the thousand, and each failure is logged.
configureLogging({ logger: 'disabled' })

const test = suite('the memory bus conforms')

conformance({
  create: () => Line.through(memoryWorld()),
  test,
  // It has no connection and no leases, and its broker ends with the process.
  features: { leases: false, cut: false, stall: false, restart: false },
})

test.run()
