// The packages of this folder: 130 MB that no test, demo or build needs. They are installed when a tool first runs.
import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Installs what package-lock.json says, unless it is there already. */
export function installTools() {
  const writtenLast = `${folder}node_modules/.package-lock.json`
  const isInstalled =
    existsSync(writtenLast) && statSync(writtenLast).mtimeMs >= statSync(`${folder}package-lock.json`).mtimeMs
  if (isInstalled) return
  console.error('installing c8, Stryker and TypeDoc in tools, 130 MB')
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
}

/** Runs a tool in the repository's root; the process ends as the tool does. */
export function runTool(script, args) {
  installTools()
  const root = fileURLToPath(new URL('..', import.meta.url))
  try {
    execFileSync(process.execPath, [`${folder}node_modules/${script}`, ...args], {
      cwd: root,
      stdio: 'inherit',
    })
  } catch (error) {
    process.exitCode = error.status ?? 1
  }
}
