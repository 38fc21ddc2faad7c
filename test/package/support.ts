// Installs this package as users get it: packed by npm and unpacked into a separate folder.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Packs the build, which must be up to date: npm 10 runs `prepare` in spite of --ignore-scripts, and other tests read the build meanwhile.
 * Returns the path of the tarball in a new folder.
 */
export function packTarball(): string {
  const folder = mkdtempSync(join(tmpdir(), 'atrous-package-'))
  const options = ['--ignore-scripts', '--silent', '--pack-destination', folder]
  execFileSync('npm', ['pack', ...options], { cwd: ROOT, stdio: 'ignore' })
  return join(folder, readdirSync(folder).find(name => name.endsWith('.tgz'))!)
}

/**
 * Creates a program's folder next to the tarball with the package installed: its files unpacked, and links only to the
 * dependencies in its package.json. Needs no registry, and takes a second.
 */
export function unpackAsInstalled(tarball: string): string {
  const folder = join(dirname(tarball), 'program')
  const modules = join(folder, 'node_modules')
  mkdirSync(modules, { recursive: true })
  execFileSync('tar', ['xzf', tarball, '-C', modules])
  renameSync(join(modules, 'package'), join(modules, 'atrous'))
  const { dependencies } = JSON.parse(readFileSync(join(modules, 'atrous/package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  return folder
}
