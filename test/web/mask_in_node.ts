import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The driver of the adapter that Chromium has in these tests. */
export const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'

/** The mask of docs/scene.png in Node, on that adapter. */
export function maskInNode(): Uint8Array {
  const program = fileURLToPath(new URL('node_mask.ts', import.meta.url))
  const env = { ...process.env, VK_ICD_FILENAMES: SWIFTSHADER }
  return execFileSync(process.execPath, ['--import', 'tsx', program], { env, maxBuffer: 2 ** 26 })
}
