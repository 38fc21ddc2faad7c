#!/usr/bin/env node
import { filterDawnWarnings } from '../node/gpu/dawn_warnings.ts'
import { endInterrupted } from './interrupt.ts'
import { run } from './run.ts'

filterDawnWarnings()
// For as long as the process lives: what was written last may fail only after the command has ended.
process.stdout.on('error', endQuietly)
process.exitCode = await run(process.argv.slice(2))
if (process.exitCode > 128) await endInterrupted(process.exitCode)

/** `atrous … | head` closes the pipe once it has read enough: no reason to complain. Nor is a terminal that was closed, EIO. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EIO') return
  if (error.code === 'EPIPE') process.exit()
  throw error
}
