// The library for browsers as a page gets it, in a folder that is laid out like the package.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = new URL('../../', import.meta.url)

/** The folder with `dist/web/index.js` and `weights`, as in the package. */
export const BUNDLED = new URL('out/web/', ROOT)

/** Writes the module and its parts that are loaded when needed. */
export async function bundleLibrary(): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL('src/web/index.ts', ROOT))],
    outdir: fileURLToPath(new URL('dist/web/', BUNDLED)),
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
    logLevel: 'warning',
  })
}
