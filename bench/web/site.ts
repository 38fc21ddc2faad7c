// The page of an engine, on a server of its own: the library compressed by gzip, as servers send it, and the files of the workload.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { type Answer, serveStatic } from '../../test/support/static_server.ts'

const HTML = `<!doctype html>
<meta charset="utf-8">
<title>An engine</title>
<script type="module" src="/page.js"></script>
`

/** Pages with these headers may share memory between threads, which onnxruntime uses where it may. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
}

export interface Site {
  url: string
  /** The compressed bytes of the library's files that pages have fetched: scripts and WebAssembly. */
  codeBytes(): number
  close(): void
}

export interface SiteOptions {
  /** The module in `pages`. */
  page: string
  /** The WebAssembly modules that the library fetches by name from beside its script. */
  wasm: URL[]
  /** The folder with the files of the workload. */
  workload: string
}

export async function openSite({ page, wasm, workload }: SiteOptions): Promise<Site> {
  const library = new Map([...(await bundle(page)), ...wasm.map(moduleOf)])
  const fetched = new Set<string>()
  const server = await serveStatic(path => {
    if (path === '/') return { headers: { 'content-type': 'text/html', ...ISOLATED }, body: HTML }
    if (path === '/favicon.ico') return {}
    if (!library.has(path)) return new URL(path.slice(1), pathToFileURL(`${workload}/`))
    fetched.add(path)
    return library.get(path)
  })
  const codeBytes = () => [...fetched].reduce((sum, path) => sum + library.get(path)!.body!.length, 0)
  return { url: server.url, codeBytes, close: server.close }
}

/** The page's script, and the parts of it that load when needed, by their paths. */
async function bundle(page: string): Promise<[string, Answer][]> {
  const { outputFiles } = await build({
    entryPoints: { page: fileURLToPath(new URL(`pages/${page}`, import.meta.url)) },
    outdir: '/',
    write: false,
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
    alias: { atrous: fileURLToPath(new URL('../../dist/web/index.js', import.meta.url)) },
    logLevel: 'error',
  })
  return outputFiles.map(({ path, contents }) => [path, compressed(contents, 'text/javascript')])
}

const moduleOf = (file: URL): [string, Answer] => [
  `/${basename(file.pathname)}`,
  compressed(readFileSync(file), file.pathname.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'),
]

const compressed = (content: Uint8Array, type: string): Answer => ({
  headers: { 'content-type': type, 'content-encoding': 'gzip', ...ISOLATED },
  body: gzipSync(content, { level: 9 }),
})
