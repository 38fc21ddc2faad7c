// The steps of deploy/Dockerfile without Docker: `npm run test:image -- FOLDER`, as root on Debian, with debootstrap. Each stage is a
// folder that chroot enters. The base, node:22-trixie-slim, is a bare Debian 13 with this machine's own Node in it. FOLDER keeps
// the base for the next run. In the end the image's command segments a photo as the image's user.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const folder = resolve(process.argv[2] ?? 'out/image')
const BASE = join(folder, 'base')
const RELEASE = 'trixie'

interface Stage {
  /** Its root folder. */
  root: string
  env: Record<string, string>
  workdir: string
  user: string
  entrypoint: string[]
}

const run = (program: string, args: string[]) =>
  execFileSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
const output = (program: string, args: string[]) => execFileSync(program, args, { encoding: 'utf8' }).trim()

/** A bare Debian with Node, and the user that Node's image has. */
function makeBase(): void {
  if (existsSync(join(BASE, 'usr/local/bin/node'))) return
  // debootstrap's own folder is there until it is done.
  if (!existsSync(join(BASE, 'etc')) || existsSync(join(BASE, 'debootstrap'))) bootstrap()
  const npm = dirname(dirname(output('sh', ['-c', 'readlink -f "$(command -v npm)"'])))
  mkdirSync(join(BASE, 'usr/local/lib/node_modules'), { recursive: true })
  cpSync(npm, join(BASE, 'usr/local/lib/node_modules/npm'), { recursive: true })
  run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(BASE, 'usr/local/bin/npm')])
  run('chroot', [BASE, 'useradd', '--uid', '1000', '--user-group', '--create-home', 'node'])
  copyFileSync(process.execPath, join(BASE, 'usr/local/bin/node')) // last: it says that the base is whole
}

function bootstrap(): void {
  const mirror = output('sh', ['-c', "apt-get indextargets --format '$(REPO_URI)' | grep -m1 '/debian/$'"])
  run('debootstrap', ['--variant=minbase', '--include=ca-certificates', RELEASE, BASE, mirror])
}

/** What Docker would send of this clone: the names in the .dockerignore that begin with `!`, without what its last lines name. */
function makeContext(): string {
  const context = join(folder, 'context')
  rmSync(context, { recursive: true, force: true })
  const lines = readFileSync(join(ROOT, 'deploy/Dockerfile.dockerignore'), 'utf8').split('\n')
  const names = lines.filter(line => line.startsWith('!')).map(line => line.slice(1))
  const tracked = output('git', [
    '-C',
    ROOT,
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '--',
    ...names,
  ])
  for (const file of tracked.split('\n')) {
    mkdirSync(dirname(join(context, file)), { recursive: true })
    copyFileSync(join(ROOT, file), join(context, file))
  }
  return context
}

/** How a build reaches this machine's registry of packages and its certificates: not part of the image. */
function networkOf(stage: Stage): Record<string, string> {
  copyFileSync('/etc/resolv.conf', join(stage.root, 'etc/resolv.conf'))
  copyFileSync('/etc/hosts', join(stage.root, 'etc/hosts'))
  const env = { npm_config_registry: output('npm', ['config', 'get', 'registry']) }
  const certificates = process.env.NODE_EXTRA_CA_CERTS
  if (!certificates) return env
  mkdirSync(join(stage.root, 'run/build'), { recursive: true })
  copyFileSync(certificates, join(stage.root, 'run/build/ca.pem'))
  return { ...env, NODE_EXTRA_CA_CERTS: '/run/build/ca.pem' }
}

function inStage(
  stage: Stage,
  command: string[],
  { workdir, user }: { workdir: string; user: string },
  more = {},
) {
  const env = Object.entries({ ...stage.env, ...more }).map(([name, value]) => `${name}=${value}`)
  const mounts = ['/proc', '/dev'].map(path => [path, join(stage.root, path)])
  for (const [from, to] of mounts) run('mount', ['--bind', from, to])
  try {
    const enter = ['--userspec', user, stage.root, 'env', '-i', '-C', workdir, ...env]
    const { status } = spawnSync('chroot', [...enter, ...command], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    return status
  } finally {
    for (const [, to] of mounts) run('umount', [to])
  }
}

const stages = new Map<string, Stage>()

function begin(instruction: Instruction, index: number): Stage {
  const [image, , name = String(index)] = instruction.getArguments().map(argument => argument.getValue())
  if (!/^node:\d+-trixie-slim$/.test(image))
    throw new Error(`${image}: the base here is Node on Debian ${RELEASE}`)
  const root = join(folder, name)
  rmSync(root, { recursive: true, force: true })
  run('cp', ['-a', BASE, root])
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' }
  const stage = { root, env, workdir: '/', user: '0:0', entrypoint: [] }
  stages.set(name, stage)
  return stage
}

function copy(stage: Stage, instruction: Copy, context: string): void {
  const from = instruction.getFromFlag()?.getValue()
  const source = from ? stages.get(from)!.root : context
  const paths = instruction.getArguments().map(argument => argument.getValue())
  const sources = paths.slice(0, -1).map(path => join(source, path) + (path === '.' ? '/.' : ''))
  const to = posix.resolve(stage.workdir, paths.at(-1)!)
  const target = join(stage.root, to) + (paths.at(-1)!.endsWith('/') ? '/' : '')
  mkdirSync(paths.length > 2 || /\/$|^\.$/.test(paths.at(-1)!) ? target : dirname(target), {
    recursive: true,
  })
  run('sh', ['-c', `cp -a ${sources.join(' ')} ${target}`])
}

function obey(stage: Stage, instruction: Instruction, context: string): void {
  const content = instruction.getRawArgumentsContent() ?? ''
  const words = instruction.getArguments().map(argument => argument.getValue())
  const { workdir, user } = stage
  if (instruction.getKeyword() === 'RUN') {
    const status = inStage(stage, ['sh', '-c', content], { workdir, user }, networkOf(stage))
    if (status !== 0) throw new Error(`RUN ended with ${status}`)
  } else if (instruction.getKeyword() === 'COPY') copy(stage, instruction as Copy, context)
  else if (instruction.getKeyword() === 'ENV')
    for (const word of words) {
      const [, name, value] = /^(\w+)=(.*)$/s.exec(word)!
      stage.env[name] = value.replace('$PATH', stage.env.PATH)
    }
  else if (instruction.getKeyword() === 'WORKDIR') {
    stage.workdir = words[0]
    mkdirSync(join(stage.root, words[0]), { recursive: true })
  } else if (instruction.getKeyword() === 'USER')
    Object.assign(stage, { user: words[0], env: { ...stage.env, HOME: '/home/node' } })
  else if (instruction.getKeyword() === 'ENTRYPOINT') stage.entrypoint = JSON.parse(content)
  else if (!['CMD', 'EXPOSE', 'VOLUME'].includes(instruction.getKeyword()))
    throw new Error(`${instruction.getKeyword()}: not done here`)
}

/** Runs the image as the manifests do: with a root that is read-only, and three folders to write to. */
function tryImage(stage: Stage): void {
  const { root } = stage
  run('mount', ['--bind', root, root])
  try {
    run('mount', ['-o', 'remount,bind,ro', root])
    for (const path of ['work', 'cache', 'tmp'])
      run('mount', ['-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', join(root, path)])
    copyFileSync(join(ROOT, 'docs/scene.png'), join(root, 'work/scene.png'))
    for (const [args, expected] of TRIALS) {
      console.log(`\n$ atrous ${args.join(' ')}`)
      const status = inStage(stage, [...stage.entrypoint, ...args], stage)
      if (status !== expected) throw new Error(`atrous ${args[0]} ended with ${status}, expected ${expected}`)
    }
  } finally {
    run('umount', ['--recursive', root])
  }
}

/** Command lines, and the exit codes that they have to end with: there is no Redis. */
const TRIALS: [args: string[], code: number][] = [
  [['--version'], 0],
  [['doctor'], 0],
  [['segment', 'scene.png', '--model', 'scenes'], 0],
  [['worker', '--queue', 'a', '--redis', 'redis://127.0.0.1:1'], 1],
]

if (process.getuid?.() !== 0) throw new Error('test:image: chroot needs root')
mkdirSync(folder, { recursive: true })
makeBase()
const context = makeContext()
let stage: Stage | undefined
const dockerfile = DockerfileParser.parse(readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8'))
for (const [index, instruction] of dockerfile.getInstructions().entries()) {
  console.log(`\n${instruction.getKeyword()} ${instruction.getRawArgumentsContent()}`)
  if (instruction.getKeyword() === 'FROM') stage = begin(instruction, index)
  else obey(stage!, instruction, context)
}
tryImage(stage!)
const megabytes = (path: string) => output('du', ['-sm', path]).split('\t')[0]
console.log(`\nthe image has ${megabytes(stage!.root)} MB, of which the base has ${megabytes(BASE)}`)
