import { startFauxqs } from 'fauxqs'
import { report } from '../report.mjs'

const { port } = await startFauxqs({ port: 0, host: 'localhost', logger: false })

report({ port })
