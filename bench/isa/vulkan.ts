// What it takes to compile for a GPU that the machine does not have: the layer, built once, and Mesa's driver with what it must be told.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../src/errors.ts'
import { cacheFolder } from '../../src/node/cache.ts'
import { debianFolder, debianLoader, fetchDebian } from './debian.ts'
import { type AnyGpu, type GpuName, gpus } from './gpus.ts'

const LAYER = 'VK_LAYER_atrous_isa'

/** Mesa's drivers. Few systems have those of `debian`. */
const drivers: Record<AnyGpu['maker'], { name: string; debian?: true }> = {
  AMD: { name: 'radeon' },
  Intel: { name: 'intel' },
  Qualcomm: { name: 'freedreno', debian: true },
  NVIDIA: { name: 'nouveau', debian: true },
}

/** What runs Node.js with the GPU's driver, and its arguments. */
export const nodeFor = (gpu: GpuName): string[] => [
  ...(drivers[gpus[gpu].maker].debian ? debianLoader() : []),
  process.execPath,
]

/**
 * The environment of a process in which Dawn finds only this GPU. The layer writes what it is asked to compile into `out`.
 * Throws a UserError that says what the machine lacks.
 */
export function environmentFor(gpu: GpuName, out: string): NodeJS.ProcessEnv {
  const driver = driverOf(gpu)
  return {
    XDG_RUNTIME_DIR: tmpdir(), // Mesa warns without one.
    ...process.env,
    ...(gpus[gpu].maker === 'AMD'
      ? { RADV_FORCE_FAMILY: gpu }
      : { ISA_GPU: gpu, LD_PRELOAD: builtLibrary('gpu_shim.c') }),
    VK_ICD_FILENAMES: driver,
    VK_DRIVER_FILES: driver, // the same, which comes first
    VK_INSTANCE_LAYERS: LAYER,
    VK_LAYER_PATH: layerFolder(),
    ATROUS_GPU: '', // There is no other.
    ATROUS_ISA_OUT: out,
    MESA_SHADER_CACHE_DISABLE: '1', // It keeps no assembly.
  }
}

/**
 * What this machine lacks to compile for a GPU, in one line; undefined if it lacks nothing. `fetch`: the driver may be fetched, if it
 * is one that few systems have.
 */
export function lacking(gpu: GpuName, { fetch = false } = {}): string | undefined {
  try {
    if (fetch && drivers[gpus[gpu].maker].debian) fetchDebian()
    environmentFor(gpu, tmpdir())
    return undefined
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return error.message
  }
}

/** The file for Vulkan's loader that describes the GPU's driver. */
function driverOf(gpu: GpuName): string {
  const { name, debian } = drivers[gpus[gpu].maker]
  const folders = debian
    ? [join(debianFolder(), 'usr/share/vulkan/icd.d')]
    : ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d']
  const files = folders.flatMap(folder =>
    existsSync(folder) ? readdirSync(folder).map(file => join(folder, file)) : [],
  )
  const found = files.find(file => new RegExp(`/${name}_icd[^/]*\\.json$`).test(file))
  if (!found) {
    const help = debian
      ? `\`npm run isa -- --gpu ${gpu}\` fetches it`
      : "install Mesa's, Debian's mesa-vulkan-drivers"
    throw new UserError(`there is no Vulkan driver ${name}: ${help}`)
  }
  return found
}

/** The folder with the layer and the file that describes it to Vulkan's loader. */
function layerFolder(): string {
  const library = builtLibrary('layer.c')
  const folder = `${library}.layer`
  mkdirSync(folder, { recursive: true })
  const layer = {
    name: LAYER,
    type: 'GLOBAL',
    library_path: library,
    api_version: '1.3.239',
    implementation_version: '1',
    description: 'compiles for a GPU that is not there',
  }
  writeFileSync(join(folder, 'layer.json'), JSON.stringify({ file_format_version: '1.2.0', layer }))
  return folder
}

/** A shared library of a C file of this folder, built where the cache has none of this text. */
function builtLibrary(source: string): string {
  const path = join(import.meta.dirname, source)
  const key = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16)
  const folder = join(cacheFolder(), 'isa')
  const library = join(folder, `${source.replace('.c', '')}-${key}.so`)
  if (existsSync(library)) return library
  mkdirSync(folder, { recursive: true })
  const made = `${library}.${process.pid}` // Another process may build it at the same time.
  try {
    const flags = ['-O2', '-shared', '-fPIC', '-fvisibility=hidden', '-pthread']
    execFileSync('gcc', [...flags, '-o', made, path, '-ldl'], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string; stderr?: string }
    if (code === 'ENOENT') throw new UserError(`there is no gcc to build bench/isa/${source} with`)
    const missing = /fatal error: (\S+): No such file/.exec(String(stderr))?.[1]
    throw missing
      ? new UserError(`gcc finds no ${missing}: node scripts/test_tools.mjs compilers installs it`)
      : new Error(`gcc cannot build ${source}: ${stderr}`)
  }
  renameSync(made, library)
  return library
}
