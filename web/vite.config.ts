// The page is a folder of static files that any server can serve at any path.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: file('.'),
  base: './',
  server: { fs: { allow: [file('..')] } },
  build: {
    outDir: file('../out/page'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: [file('index.html')] },
  },
})
