// Installs Deno and Bun on the first run: 250 MB that only the matrix needs.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** If it fails, their cells are absent. The versions are in package.json; a lock file would have to list every platform's packages. */
export function installRuntimes(): void {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return
  console.error('installing Deno and Bun in test/adapters, 250 MB')
  const args = ['install', '--no-package-lock', '--no-audit', '--no-fund']
  spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
}
