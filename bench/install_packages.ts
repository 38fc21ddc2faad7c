// Installs the packages that one bench has for itself, at its first run: they are large, and nothing else needs them.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** `folder` has a package.json with its lock file; `what` names the packages and their size for people. */
export function installPackages(folder: URL, what: string): void {
  if (existsSync(new URL('node_modules/.package-lock.json', folder))) return // npm writes this file last.
  const cwd = fileURLToPath(folder)
  console.error(`installing ${what}`)
  // The packages contain everything needed; the install script of onnxruntime-node would fetch files for CUDA.
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
}

/** Those of bench/peers. */
export const installPeers = (): void =>
  installPackages(
    new URL('peers/', import.meta.url),
    'onnxruntime-node and TensorFlow.js in bench/peers, 500 MB',
  )
