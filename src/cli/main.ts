#!/usr/bin/env node
import { filterDawnWarnings } from '../node/gpu/dawn_warnings.ts'
import { endInterrupted } from './interrupt.ts'
import { run } from './run.ts'

filterDawnWarnings()
// Active until the process ends: the last output may fail only after the command has ended.
process.stdout.on('error', endQuietly)
process.exitCode = await run(process.argv.slice(2))
if (process.exitCode > 128) await endInterrupted(process.exitCode)

/**
 * Ends without an error message if the output is closed. `atrous … | head` closes the pipe early; a closed terminal reports EIO.
 */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EIO') return
  if (error.code === 'EPIPE') process.exit()
  throw error
}
