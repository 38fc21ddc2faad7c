// Opens a device, or takes one that the caller has opened, and tries out its subgroups.

import { NoAdapterError } from './errors.ts'
import { Gpu, SUBGROUP_MATRIX } from './gpu.ts'
import type { Quirk } from './quirks/quirks.ts'
import { reportedSubgroupSizes, triedSubgroupSizes } from './quirks/subgroup_lanes.ts'

/** Features that the library uses where the adapter has them, and can do without. */
const OPTIONAL_FEATURES = [
  ...['timestamp-query', 'subgroups', 'subgroup-size-control', 'shader-f16'],
  SUBGROUP_MATRIX,
]

/**
 * Limits that the device takes from the adapter. WebGPU's defaults are lower: 8 storage buffers, 128 MiB a binding, 256
 * invocations.
 */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupStorageSize',
] as const

/** A request to an adapter. Default: everything that it has and the library uses. */
export interface DeviceRequest {
  /** The optional features to take where the adapter has them, by WebGPU's names, such as `shader-f16`. */
  features?: readonly string[]
  /** `default`: WebGPU's default limits, which every adapter has, as on many phones. */
  limits?: 'default'
  /** Whether to open an adapter for WebGPU's compatibility mode, such as one of OpenGL ES, even if there is another. */
  compatibility?: boolean
  /** The quirks of adapters that it shall not have, to see what they buy. Default: none. */
  without?: readonly Quirk[]
}

const UNKNOWN_ADAPTER = { vendor: '', architecture: '', device: '', description: '' } as GPUAdapterInfo

/**
 * Opens the adapter that `entry` (navigator.gpu, or Dawn's) offers, with the highest limits that it has unless `request` says
 * otherwise. If there is none for the whole of WebGPU, such as on a phone with only OpenGL ES, it opens one for WebGPU's
 * compatibility mode. Throws NoAdapterError. Does not choose a slower adapter by itself.
 */
export async function requestGpu(entry: GPU, request: DeviceRequest = {}): Promise<Gpu> {
  const { features = OPTIONAL_FEATURES, limits, compatibility, without } = request
  const wanted = { powerPreference: 'high-performance' } as const
  const adapter =
    (compatibility ? null : await entry.requestAdapter(wanted)) ??
    (await entry.requestAdapter({ ...wanted, featureLevel: 'compatibility' }))
  if (!adapter) throw new NoAdapterError('no GPU adapter: `atrous doctor` says what to install')
  const device = await adapter.requestDevice({
    label: 'atrous',
    requiredFeatures: (features as GPUFeatureName[]).filter(feature => adapter.features.has(feature)),
    ...(limits !== 'default' && {
      requiredLimits: Object.fromEntries(LIMITS.map(name => [name, adapter.limits[name]])),
    }),
  })
  return started(Gpu.around(entry, device, { info: adapter.info, ownsDevice: true, without }))
}

/**
 * Takes a device that the caller opened with `entry` and keeps: `destroy` frees what the library made on it, and leaves it alive.
 */
export async function adoptDevice(entry: GPU, device: GPUDevice, without?: readonly Quirk[]): Promise<Gpu> {
  const info = device.adapterInfo ?? UNKNOWN_ADAPTER // Old browsers tell only an adapter's.
  return started(Gpu.around(entry, device, { info, ownsDevice: false, without }))
}

async function started(gpu: Gpu): Promise<Gpu> {
  gpu.pipelines.subgroupSizes = reportedSubgroupSizes(gpu)
  if (gpu.quirks.has('lanes')) gpu.pipelines.subgroupSizes = await triedSubgroupSizes(gpu)
  return gpu
}
