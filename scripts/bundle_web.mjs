// Bundles the library for browsers into one file, for a page without a build step: <script type="module"> knows no node_modules. The
// file is in a folder of its own that is as deep as dist/web: the shipped weights are where src/web/shipped.ts looks for them.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { licencesOf } from './licences.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { metafile } = await build({
  ...{ entryPoints: ['dist/web/index.js'], outfile: 'dist/bundle/atrous.js' },
  ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
  ...{ legalComments: 'none', metafile: true, logLevel: 'warning' },
})
writeFileSync('dist/bundle/LICENSES.txt', licencesOf(metafile))
