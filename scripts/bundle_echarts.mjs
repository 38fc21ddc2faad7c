// Bundles the part of ECharts that the charts use into one module of the build, with its licences. Users then need not install
// ECharts.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { licencesOf } from './licences.mjs'

const MODULE = 'cli/echarts'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { metafile } = await build({
  ...{ entryPoints: [`src/${MODULE}.ts`], outfile: `dist/${MODULE}.js`, allowOverwrite: true },
  ...{ bundle: true, minify: true, format: 'esm', platform: 'node', target: 'node20' },
  ...{ legalComments: 'none', metafile: true, logLevel: 'error' },
})
writeFileSync(`dist/${MODULE}.LICENSE.txt`, licencesOf(metafile))
