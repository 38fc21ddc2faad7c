#!/usr/bin/env node
import { filterDawnWarnings } from '../node/dawn_warnings.ts'
import { run } from './run.ts'

filterDawnWarnings()
process.exitCode = await run(process.argv.slice(2))
if (process.exitCode > 128) {
  // A signal ended the command, maybe in the middle of work that would keep the process alive, or with its terminal gone.
  process.stdout.on('error', () => {})
  process.stdout.write('', () => process.exit())
}
