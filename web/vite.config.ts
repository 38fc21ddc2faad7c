// The pages are a folder of static files that any server can serve at any path.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const { version } = JSON.parse(readFileSync(file('../package.json'), 'utf8'))

/** Empty outside a clone, such as in an archive of the sources. */
function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: file('.'), encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** Built, the pages have the library as the package has it: its shaders are short, and come with the part that needs them. */
function packageFiles() {
  execFileSync(process.execPath, [file('../scripts/build.mjs'), '--if-stale'])
  return [{ find: /^(?:\.\.\/){2,}src\/(.+)\.ts$/, replacement: `${file('../dist')}/$1.js` }]
}

export default defineConfig(({ command }) => ({
  root: file('.'),
  base: './',
  resolve: { alias: command === 'build' ? packageFiles() : [] },
  define: {
    __VERSION__: JSON.stringify(version),
    __COMMIT__: JSON.stringify(git('rev-parse', 'HEAD')),
    __CHANGED__: String(git('status', '--porcelain', '--untracked-files=no') !== ''),
  },
  server: { fs: { allow: [file('..')] } },
  build: {
    outDir: file('../out/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: [file('index.html'), file('bench/index.html')] },
  },
}))
