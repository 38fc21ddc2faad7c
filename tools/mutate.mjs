// `npm run mutate -- src/graph/passes`: changes the code of a folder or a file in one place at a time and runs the fast tests. A change
// that no test notices is printed as a survivor: a test is missing, or the change means the same. Without a path: all of src/graph and
// src/kernels, which takes hours.
import { statSync } from 'node:fs'
import { runTool } from './install.mjs'

const paths = process.argv.slice(2)
const globs = (paths.length > 0 ? paths : ['src/graph', 'src/kernels']).map(path =>
  statSync(path).isDirectory() ? `${path.replace(/\/$/, '')}/**/*.ts` : path,
)
runTool('@stryker-mutator/core/bin/stryker.js', [
  'run',
  'tools/stryker.config.mjs',
  '--mutate',
  [...globs, '!src/**/*.gen.ts'].join(','),
])
