// Installs the peers on the first run: half a gigabyte that only this bench needs.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

export function installPeers(): void {
  const writtenLast = `${folder}node_modules/.package-lock.json`
  if (existsSync(writtenLast)) return
  console.error('installing onnxruntime-node and TensorFlow.js in bench/peers, 500 MB')
  // onnxruntime's package contains everything needed; its install script would fetch files for CUDA.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
  const isWindows = process.platform === 'win32'
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    env,
    stdio: ['ignore', 2, 2],
    shell: isWindows,
  })
}
