// `npm run coverage`: which lines of src the tests run; a table, and page by page in out/coverage. All tests, or those that are named:
// `npm run coverage -- test/graph/plan.test.ts`. Processes that tests start count as well, but pages in a browser do not.
import { runTool } from './install.mjs'

const named = process.argv.slice(2)
const tests = named.length > 0 ? named : ['test/**/*.test.ts', '--ignore', 'test/web/**']
const output = [
  '--reporter=text',
  '--reporter=html',
  '--reports-dir=out/coverage',
  '--temp-directory=out/coverage/raw',
]
const counted = [
  '--all',
  '--src=src',
  '--include=src/**/*.ts',
  '--exclude=src/**/*.gen.ts',
  '--exclude=src/web/**',
  '--merge-async',
]
runTool('c8/bin/c8.js', [
  ...output,
  ...counted,
  process.execPath,
  'node_modules/mocha/bin/mocha.js',
  ...tests,
])
