// Makes a clone ready to use: dependencies, the build, and on Linux a Vulkan driver. It runs before every test and demo, and only
// checks what is present already. It uses only Node, since it runs before anything is installed.
import { execSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nodeProblem } from '../bin/node_version.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

try {
  const problem = nodeProblem()
  if (problem) throw new Error(problem)
  if (!dependenciesAreInstalled())
    run('Installing dependencies (510 MB)', 'npm ci --ignore-scripts --no-audit --no-fund')
  await import('./embed_shaders.mjs')
  const { isStale } = await import('./build.mjs')
  if (isStale()) run('Building', 'npm run build')
  const { ensureVulkanDriver } = await import('./vulkan_driver.mjs')
  await ensureVulkanDriver(say)
} catch (error) {
  say(error.message)
  process.exitCode = 1
}

function say(line) {
  console.log(`setup: ${line}`)
}

/** Runs a command, and shows its output only if it fails. Reports the command and the time it took. */
function run(title, command) {
  say(`${title} …`)
  const start = performance.now()
  try {
    execSync(command, { stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    process.stderr.write(Buffer.concat([error.stdout, error.stderr]))
    throw new Error(`"${command}" failed`)
  }
  say(`done in ${((performance.now() - start) / 1000).toFixed(0)} s`)
}

/** Whether node_modules holds every version in package-lock.json; packages for other platforms may be missing. */
function dependenciesAreInstalled() {
  const record = 'node_modules/.package-lock.json'
  if (!existsSync(record)) return false
  const { '': _project, ...wanted } = packagesOf('package-lock.json')
  const installed = packagesOf(record)
  return Object.entries(wanted).every(([path, { version, optional }]) =>
    installed[path] ? installed[path].version === version : optional,
  )
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}
