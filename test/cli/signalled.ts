// A command that works until a signal arrives, then saves for the given number of milliseconds: `tsx signalled.ts MS`.

import { setTimeout as sleep } from 'node:timers/promises'
import { catchSignals, endInterrupted, InterruptedError } from '../../src/cli/interrupt.ts'

const interrupt = catchSignals()
console.log('ready')
try {
  await interrupt.orEnd(new Promise(resolve => setTimeout(resolve, 60_000)))
} catch (error) {
  if (!(error instanceof InterruptedError)) throw error
  console.log(`caught ${error.signal}`)
  await sleep(Number(process.argv[2]))
  console.log('kept')
  await endInterrupted(error.exitCode)
}
