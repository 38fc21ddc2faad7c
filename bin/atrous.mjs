#!/usr/bin/env node
// The `atrous` command. An old Node would stop at a dependency's syntax with a page of text: it gets one line.
import { nodeProblem } from './node_version.mjs'

const problem = nodeProblem()
if (problem) {
  console.error(`error: ${problem}`)
  process.exitCode = 1
} else {
  await import('../dist/cli/main.js')
}
