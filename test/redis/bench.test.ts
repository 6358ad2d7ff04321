// time limit: 180 s
// node: 24 only
// needs: redis
// coverage: none
import { suite } from 'uvu'
import { checkBrokerLines } from '../bench/runs.ts'

const bench = suite('benchmarks of Redis')

bench('redis measures speed and latency against its bare client, with the same wire format', () => {
  checkBrokerLines('redis')
})

bench.run()
