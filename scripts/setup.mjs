// Makes a clone ready to use: dependencies, the build, and on Linux a Vulkan driver. Runs before every test and demo, so what
// is in place is only looked at. Node alone must do: it runs before anything is installed.
import { execSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureVulkanDriver } from './vulkan_driver.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

try {
  if (!dependenciesAreInstalled())
    run('Installing dependencies', 'npm ci --ignore-scripts --no-audit --no-fund')
  await import('./embed_shaders.mjs')
  if (newestChange('dist') < newestChange('src', 'package.json', 'tsconfig.json', 'tsconfig.build.json')) {
    run('Building', 'npm run build')
  }
  await ensureVulkanDriver(say)
} catch (error) {
  say(error.message)
  process.exitCode = 1
}

function say(line) {
  console.log(`setup: ${line}`)
}

/** Runs a command quietly, its output shown only if it fails. */
function run(title, command) {
  say(`${title} …`)
  try {
    execSync(command, { stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    process.stderr.write(Buffer.concat([error.stdout, error.stderr]))
    throw new Error(`"${command}" failed`)
  }
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

/** When the newest of these files, or of the files in these folders, was changed, in ms; 0 where there is none. */
function newestChange(...paths) {
  const files = paths.flatMap(path => {
    if (!existsSync(path)) return []
    if (statSync(path).isFile()) return [path]
    return readdirSync(path, { recursive: true }).map(name => join(path, name))
  })
  return Math.max(0, ...files.map(file => statSync(file).mtimeMs))
}
