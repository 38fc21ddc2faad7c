// Bundles the part of ECharts that the charts use into one module of the build, with its licences. Users then need not install
// ECharts.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const MODULE = 'cli/echarts'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { metafile } = await build({
  ...{ entryPoints: [`src/${MODULE}.ts`], outfile: `dist/${MODULE}.js`, allowOverwrite: true },
  ...{ bundle: true, minify: true, format: 'esm', platform: 'node', target: 'node20' },
  ...{ legalComments: 'none', metafile: true, logLevel: 'error' },
})
writeFileSync(`dist/${MODULE}.LICENSE.txt`, packagesIn(metafile).map(licence).join('\n'))

/** The folders in node_modules whose files are in the bundle. */
function packagesIn({ inputs }) {
  const folders = Object.keys(inputs).flatMap(
    file => file.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0] ?? [],
  )
  return [...new Set(folders)].sort()
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const texts = ['LICENSE', 'LICENSE.txt', 'NOTICE'].flatMap(file => textOf(`${folder}/${file}`))
  if (texts.length === 0) throw new Error(`${folder}: no licence`)
  return [`${name} ${version} (${license})`, ...texts].join('\n\n')
}

function textOf(file) {
  try {
    return [readFileSync(file, 'utf8')]
  } catch {
    return []
  }
}
