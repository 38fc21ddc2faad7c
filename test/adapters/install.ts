// Installs Deno and Bun on the first run: 250 MB that only the matrix needs.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** If it fails, their cells are absent. */
export function installRuntimes(): void {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return
  console.error('installing Deno and Bun in test/adapters, 250 MB')
  spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: ['ignore', 2, 2] })
}
