#!/usr/bin/env node
import { filterDawnWarnings } from '../node/dawn_warnings.ts'
import { endInterrupted } from './interrupt.ts'
import { run } from './run.ts'

filterDawnWarnings()
process.exitCode = await run(process.argv.slice(2))
if (process.exitCode > 128) await endInterrupted(process.exitCode)
