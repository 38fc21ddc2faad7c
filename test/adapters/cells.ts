// The cells of the matrix: a runtime, an adapter, and the options of its device.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceRequest } from '../../src/gpu/request_gpu.ts'
import type { PartName } from './probe/report.ts'
import type { RuntimeName } from './runtimes.ts'

export interface Cell {
  name: string
  runtime: RuntimeName
  /** The Vulkan driver that the cell forces. Default: what the runtime finds. */
  driver?: Driver
  env?: Record<string, string>
  /** Flags of a browser. */
  flags?: readonly string[]
  request?: DeviceRequest
  /** Whether the layers of real networks run in the kernels' cases. Default true. */
  layers?: boolean
  /** Whether the cell is only for hardware GPUs. */
  hardware?: true
  /** The longest time. */
  minutes: number
  /** The parts that CI runs. Default: none. */
  fast?: readonly PartName[]
}

/** A software driver for Vulkan. */
export type Driver = 'lavapipe' | 'swiftshader'

const DRIVERS: Record<Driver, { folders: string[]; file: RegExp; install: string }> = {
  lavapipe: {
    folders: ['/usr/share/vulkan/icd.d'],
    file: /^lvp_icd.*\.json$/,
    install: 'apt install mesa-vulkan-drivers libvulkan1',
  },
  swiftshader: {
    folders: ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'],
    file: /^vk_swiftshader_icd\.json$/,
    install: 'apt install chromium, which carries it',
  },
}

/** The description of a driver, for Vulkan's loader; undefined if the driver is not installed. */
export function driverFile(driver: Driver): string | undefined {
  const { folders, file } = DRIVERS[driver]
  const inFolder = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).map(name => join(folder, name)) : []
  return folders.flatMap(inFolder).find(path => file.test(path.slice(path.lastIndexOf('/') + 1)))
}

export const driverInstall = (driver: Driver): string => DRIVERS[driver].install

const PARTS = ['doctor', 'kernels', 'photos', 'training'] as const

const lavapipe = (width: number): Cell => ({
  name: `lavapipe-${width}`,
  runtime: 'node',
  driver: 'lavapipe',
  env: { LP_NATIVE_VECTOR_WIDTH: String(width) },
  minutes: 15,
})

const swiftShaderFlags = ['--use-webgpu-adapter=swiftshader']

export const cells: readonly Cell[] = [
  { name: 'hardware', runtime: 'node', hardware: true, minutes: 15 },
  lavapipe(256),
  lavapipe(128),
  lavapipe(512),
  {
    ...lavapipe(256),
    name: 'lavapipe-no-subgroups',
    request: { features: ['timestamp-query', 'shader-f16'] },
  },
  {
    ...lavapipe(256),
    name: 'lavapipe-default-limits',
    request: { features: [], limits: 'default' },
    fast: PARTS,
  },
  {
    name: 'swiftshader',
    runtime: 'node',
    driver: 'swiftshader',
    layers: false,
    minutes: 30,
    fast: ['doctor'],
  },
  { name: 'bun', runtime: 'bun', driver: 'lavapipe', layers: false, minutes: 15 },
  { name: 'deno', runtime: 'deno', driver: 'lavapipe', layers: false, minutes: 30 },
  { name: 'chromium', runtime: 'chromium', flags: swiftShaderFlags, layers: false, minutes: 30 },
  {
    name: 'chromium-compatibility',
    runtime: 'chromium',
    flags: ['--use-webgpu-adapter=opengles', '--use-angle=swiftshader'],
    request: { compatibility: true },
    layers: false,
    minutes: 30,
  },
  { name: 'firefox', runtime: 'firefox', driver: 'lavapipe', layers: false, minutes: 30 },
]
