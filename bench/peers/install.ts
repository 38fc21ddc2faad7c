// The peers themselves: half a gigabyte that only this bench needs, so they are installed when it is first run.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

export function installPeers(): void {
  const writtenLast = `${folder}node_modules/.package-lock.json`
  if (existsSync(writtenLast)) return
  console.error('installing onnxruntime-node and TensorFlow.js in bench/peers, 500 MB')
  // All that is needed is in onnxruntime's package; its script would fetch what it needs for CUDA.
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' }
  const isWindows = process.platform === 'win32'
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: folder,
    env,
    stdio: ['ignore', 2, 2],
    shell: isWindows,
  })
}
