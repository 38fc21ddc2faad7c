// Runs the probe on Dawn, in Node or Bun: dawn.ts BUNDLE SERVER

import { pathToFileURL } from 'node:url'
import { create } from 'webgpu'
import { slowPolling } from '../../../src/node/gpu/slow_polling.ts'

const [bundle, server] = process.argv.slice(2)
const { run } = await import(pathToFileURL(bundle).href)
slowPolling()
const entry = create([]) // referenced to the end: Dawn crashes if the garbage collector takes it before its devices
await run(entry, server)
process.exit()
