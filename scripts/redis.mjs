// Installs Debian's redis-server where it is absent: node scripts/redis.mjs. The tests of the queue skip without it.
import { spawnSync } from 'node:child_process'
import { installPackages, mayInstall } from './apt.mjs'

if (spawnSync('redis-server', ['--version']).status !== 0 && process.platform === 'linux' && mayInstall()) {
  console.log('setup: Installing redis-server for the tests of the queue (2 MB) …')
  try {
    installPackages(['redis-server'])
  } catch (error) {
    console.log(`setup: ${error.message}`) // The tests say what to install.
  }
}
