#!/usr/bin/env node
import { filterDawnWarnings } from '../node/dawn_warnings.ts'
import { run } from './run.ts'

filterDawnWarnings()
process.exitCode = await run(process.argv.slice(2))
