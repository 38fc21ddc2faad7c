// WebGPU on Linux needs a Vulkan driver. If none works, installs Mesa's, which also runs without a GPU, if this user may install
// packages without a password. Otherwise says what to install.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asRoot, installPackages, mayInstall } from './apt.mjs'

/**
 * Makes sure that WebGPU finds an adapter. Otherwise throws one line that says what to install. Reports progress through say().
 */
export async function ensureVulkanDriver(say) {
  if (process.platform !== 'linux' || findsAdapter()) return
  const advice = await import('../dist/node/gpu/driver_advice.js') // from the build: the command gives the same advice
  if (!mayInstall()) throw new Error(advice.driverAdvice)

  say('No usable GPU: installing a software Vulkan driver …')
  installDriver(advice)
  if (!findsAdapter()) throw new Error(advice.driverAdvice)
}

/** Asks Dawn for an adapter in a separate process, because a broken driver may crash or hang it. */
function findsAdapter() {
  const probe = `
    import { create } from 'webgpu'
    const gpu = create([])
    const adapter = await gpu.requestAdapter()
    process.stdout.write(adapter ? 'found' : 'none', () => process.exit())`
  const env = { XDG_RUNTIME_DIR: tmpdir(), ...process.env } // Mesa warns without one
  const options = { env, timeout: 60_000, encoding: 'utf8' }
  return spawnSync(process.execPath, ['--input-type=module', '--eval', probe], options).stdout === 'found'
}

function installDriver({ softwareDriver, backports, driverAdvice }) {
  const needsBackports = osRelease().VERSION_CODENAME === backports.codename
  try {
    if (needsBackports) addBackports(backports)
    installPackages(softwareDriver.apt.split(' '), needsBackports ? ['-t', backports.suite] : [])
  } catch (error) {
    throw new Error(`${driverAdvice} (${error.message})`)
  }
}

/** Adds the backports from the release's own mirror, unless they are configured. */
function addBackports({ codename, suite }) {
  const sources = aptSources()
  if (sources.includes(suite)) return
  const source = backportsSource(sources, { codename, suite })
  asRoot(['tee', `/etc/apt/sources.list.d/${suite}.sources`], source)
}

/** The deb822 text that adds a suite at the URIs of the release. The sources are in deb822 or in lines of `deb …`. */
export function backportsSource(sources, { codename, suite }) {
  const stanza = sources
    .split(/\n\s*\n/)
    .find(text => new RegExp(`^Suites:.*\\b${codename}(\\s|$)`, 'm').test(text))
  const uris =
    stanza?.match(/^URIs:\s*(.+)$/m)?.[1] ??
    sources.match(new RegExp(`^deb\\s+(?:\\[.*\\]\\s+)?(\\S+)\\s+${codename}\\s`, 'm'))?.[1]
  if (!uris) throw new Error(`no apt source for ${codename}`)
  return `Types: deb
URIs: ${uris}
Suites: ${suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`
}

/** The text of all apt sources of this machine, without comments. */
function aptSources() {
  const folder = '/etc/apt/sources.list.d'
  const names = existsSync(folder) ? readdirSync(folder) : []
  const files = names.filter(name => /\.(list|sources)$/.test(name)).map(name => join(folder, name))
  return ['/etc/apt/sources.list', ...files]
    .filter(file => existsSync(file))
    .map(file => readFileSync(file, 'utf8').replace(/^#.*\n/gm, ''))
    .join('\n\n')
}

/** The fields of /etc/os-release, such as VERSION_CODENAME. */
function osRelease() {
  if (!existsSync('/etc/os-release')) return {}
  const lines = readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?(.*?)"?$/gm)
  return Object.fromEntries(Array.from(lines, ([, key, value]) => [key, value]))
}
