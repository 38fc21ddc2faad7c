// The pages are a folder of static files that any server can serve at any path.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { singleShaders } from './single_shaders.ts'

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

export default defineConfig({
  root: file('.'),
  base: './',
  plugins: [singleShaders()],
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
})
