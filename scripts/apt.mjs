// Installs packages with apt, where this user may do so without a password.
import { spawnSync } from 'node:child_process'

export function mayInstall() {
  return succeeds('apt-get', '--version') && (isRoot() || succeeds('sudo', '-n', 'true'))
}

/** Installs packages and what they need, but not what they recommend. Throws the last line of apt's output. */
export function installPackages(packages, options = []) {
  asRoot(['apt-get', 'update', '-q'])
  asRoot(['apt-get', 'install', '-q', '-y', '--no-install-recommends', ...options, ...packages])
}

function isRoot() {
  return process.getuid() === 0
}

function succeeds(command, ...args) {
  return spawnSync(command, args).status === 0
}

/** Runs a command as root without prompts. If it fails, throws the last line of its output. */
export function asRoot(command, input = '') {
  const quiet = ['env', 'DEBIAN_FRONTEND=noninteractive', ...command]
  const [file, ...args] = isRoot() ? quiet : ['sudo', '-n', ...quiet]
  const { status, stderr } = spawnSync(file, args, { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1))
}
