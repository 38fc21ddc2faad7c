#!/usr/bin/env node
import { endInterrupted } from './interrupt.ts'
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2))
if (process.exitCode > 128) await endInterrupted(process.exitCode)
