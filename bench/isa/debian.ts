// Debian's newest Mesa, which has the drivers for Qualcomm and NVIDIA, and the libraries that it needs: 68 MB of packages, unpacked in
// the cache's folder. Nothing is installed, and no root is needed. Their own loader runs a program with them on an older system.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../src/errors.ts'
import { cacheFolder } from '../../src/node/cache.ts'

const SOURCE =
  'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian sid main\n'
const PACKAGES = ['mesa-vulkan-drivers', 'libvulkan1']

export const debianFolder = (): string => join(cacheFolder(), 'isa', 'debian')

/** Fetches the packages where the cache has none. Throws a UserError if apt-get cannot. */
export function fetchDebian(): void {
  const folder = debianFolder()
  if (existsSync(folder)) return
  const made = `${folder}.${process.pid}` // Another process may fetch it at the same time.
  try {
    for (const deb of downloaded(`${made}.apt`)) run('dpkg-deb', ['--extract', deb, made])
    if (!existsSync(folder)) renameSync(made, folder)
  } finally {
    for (const each of [made, `${made}.apt`]) rmSync(each, { recursive: true, force: true })
  }
}

/** The packages with all that they depend on, since apt-get is told of a system that has none. */
function downloaded(apt: string): string[] {
  const archives = join(apt, 'var/cache/apt/archives')
  const folders = ['etc/apt/preferences.d', 'var/lib/apt/lists/partial', 'var/cache/apt/archives/partial']
  for (const each of folders) mkdirSync(join(apt, each), { recursive: true })
  writeFileSync(join(apt, 'etc/apt/sources.list'), SOURCE)
  writeFileSync(join(apt, 'status'), '')
  const options = [`Dir=${apt}`, `Dir::State::status=${apt}/status`, 'APT::Install-Recommends=false']
  const flags = [...options.flatMap(option => ['-o', option]), '--quiet=2']
  run('apt-get', [...flags, '-o', 'APT::Update::Error-Mode=any', 'update'])
  console.error("fetching Debian's Mesa, 68 MB")
  run('apt-get', [...flags, '--yes', '--download-only', 'install', ...PACKAGES])
  return readdirSync(archives)
    .filter(name => name.endsWith('.deb'))
    .map(name => join(archives, name))
}

function run(program: string, args: string[]): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string; stderr?: string }
    if (code === 'ENOENT') throw new UserError(`there is no ${program} to fetch Debian's Mesa with`)
    const reason = /^(E|dpkg-deb: error): (.+)$/m.exec(String(stderr))?.[2] ?? String(stderr).trim()
    throw new UserError(`${program} cannot fetch Debian's Mesa: ${reason}`)
  }
}

/** What runs a program with these packages' libraries: the loader and its arguments. */
export function debianLoader(): string[] {
  const all = join(debianFolder(), 'usr/lib')
  const libraries = join(all, readdirSync(all).find(name => /-linux-gnu/.test(name))!)
  const loader = readdirSync(libraries).find(name => /^ld-linux/.test(name))!
  return [join(libraries, loader), '--library-path', libraries]
}
