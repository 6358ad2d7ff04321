// time limit: 180 s
// node: 24 only
// coverage: none
// needs: rabbitmq
import { suite } from 'uvu'
import { checkBrokerLines } from '../bench/runs.ts'

const bench = suite('benchmarks of RabbitMQ')

bench('amqp measures speed and latency against bare amqplib, with the same wire format', () => {
  checkBrokerLines('amqp')
})

bench.run()
