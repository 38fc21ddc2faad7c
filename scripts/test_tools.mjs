// Installs what some tests need besides the set-up, where it is absent; those tests skip without it:
//   node scripts/test_tools.mjs redis compilers ffmpeg browser
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { installPackages, mayInstall } from './apt.mjs'

const TOOLS = {
  redis: {
    title: 'Redis for the tests of the queue (2 MB)',
    isPresent: () => spawnSync('redis-server', ['--version']).status === 0,
    packages: ['redis-server'],
  },
  compilers: {
    title: "gcc and Vulkan's headers for the tests of GPUs' compilers (60 MB)",
    isPresent: () => compiles('#include <vulkan/vulkan.h>'),
    packages: ['gcc', 'libc6-dev', 'libvulkan-dev'],
  },
  ffmpeg: {
    title: 'ffmpeg for the tests of videos (70 MB)',
    isPresent: () => spawnSync('ffmpeg', ['-version']).status === 0,
    packages: ['ffmpeg'],
  },
  browser: {
    title:
      'Chromium, which carries the software driver SwiftShader, for the tests in browsers and on adapters (100 MB)',
    isPresent: () => existsSync('/usr/lib/chromium/vk_swiftshader_icd.json'),
    packages: ['chromium'],
  },
}

for (const name of process.argv.slice(2)) {
  const { title, isPresent, packages } = TOOLS[name]
  if (isPresent() || process.platform !== 'linux' || !mayInstall()) continue
  console.log(`setup: Installing ${title} …`)
  try {
    installPackages(packages)
  } catch (error) {
    console.log(`setup: ${error.message}`) // The tests say what to install.
  }
}

/** Whether gcc is there and finds the headers that a text includes. */
function compiles(text) {
  return spawnSync('gcc', ['-E', '-x', 'c', '-'], { input: text }).status === 0
}
