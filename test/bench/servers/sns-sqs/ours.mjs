import { configureLogging, run, Service } from 'tomodachi'
import { awsCall, snsSqs } from 'tomodachi/sns-sqs'
import { report } from '../report.mjs'
import { credentials, endpoint, format, name, publishLinger, publishWindow, region } from './contents.mjs'
import { called, handler, settled, tasks } from './stage.mjs'

configureLogging({ level: 'error' })

const bus = snsSqs({
  regionName: region,
  awsAccessKeyId: credentials.accessKeyId,
  awsSecretAccessKey: credentials.secretAccessKey,
  endpointUrls: { sns: endpoint, sqs: endpoint },
  envelope: format,
  publishLinger,
  publishWindow,
})
const kernel = await run(
  new Service({ name: 'bench' }).on(bus.topic(name, { queue: name }), handler, { concurrency: 100 }),
)
kernel.bus.on(awsCall, ({ operation }) => called(operation))
kernel.bus.on('settled', settled)

report(
  {},
  tasks((data) => bus.publish(name, data)),
)
