// The probe as one file without imports, for browsers and every other runtime.

import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { suiteFiles } from '../support/kernel_suites.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Writes the module, which exports `run(entry, server)`. Returns its path. */
export async function bundleProbe(): Promise<string> {
  const outfile = fileURLToPath(new URL('../../out/adapters/probe.mjs', import.meta.url))
  await mkdir(new URL('../../out/adapters/', import.meta.url), { recursive: true })
  await build({
    stdin: { contents: entryText(), resolveDir: folder, loader: 'ts' },
    ...{ bundle: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'warning' },
    outfile,
  })
  return outfile
}

/** A program that imports the suite of every kernel: a bundler does not read folders. */
function entryText(): string {
  const files = suiteFiles()
  const imports = files.map((file, i) => `import { suite as suite${i} } from '../kernels/${file}'`)
  return `${imports.join('\n')}
import { runProbe } from './probe/client.ts'
const suites = [${files.map((_, i) => `suite${i}`).join(', ')}]
export const run = (entry: GPU | undefined, server: string) => runProbe(entry, server, suites)
`
}
