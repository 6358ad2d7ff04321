import { brokerFaults } from './broker-faults.ts'
import { deliveryFaults } from './delivery-faults.ts'
import type { Faults } from './fault.ts'
import { outageFaults } from './outage-faults.ts'

export { withFault } from './fault.ts'

/** Every way in which a bus can be broken. */
export const faults: Faults = { ...deliveryFaults, ...brokerFaults, ...outageFaults }
