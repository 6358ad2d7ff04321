import { configureLogging } from 'tomodachi'
import { conformance } from 'tomodachi/conformance'
import { suite } from 'uvu'
import { memoryWorld } from './world.ts'

// The laws make handlers fail by the thousand, and each failure is logged.
configureLogging({ logger: 'disabled' })

const test = suite('the memory bus conforms')

conformance({ create: () => memoryWorld(), test })

test.run()
