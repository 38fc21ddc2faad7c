// Installs Debian's Chromium where SwiftShader is absent: the package carries this software driver for Vulkan. CI runs it before the
// tests in browsers and on adapters: node scripts/swiftshader.mjs
import { existsSync } from 'node:fs'
import { installPackages, mayInstall } from './apt.mjs'

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'

if (process.platform === 'linux' && !existsSync(DRIVER) && mayInstall()) {
  console.log('setup: Installing Chromium for its software driver SwiftShader (100 MB) …')
  try {
    installPackages(['chromium'])
  } catch (error) {
    console.log(`setup: ${error.message}`) // Its cell of the matrix says what to install.
  }
}
