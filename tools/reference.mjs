// `npm run docs`: a reference of what the package exports, from the comments in src, as Markdown in docs/api.
import { readFileSync } from 'node:fs'
import { runTool } from './install.mjs'

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const entries = Object.values(exports)
  .flatMap(({ types }) => types ?? [])
  .map(types => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'src/$1.ts'))
runTool('typedoc/bin/typedoc', ['--options', 'tools/typedoc.json', ...entries])
