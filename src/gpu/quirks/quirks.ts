// Quirks: the needs of single adapters, which others do not have. Each quirk is one module; the rest of the code asks `Gpu.quirks`, and nothing else, whether
// a device has it. docs/adapters.md has what each one buys.

/** The quirks, as `DeviceRequest.without` and the environment's ATROUS_WITHOUT name them. */
export const QUIRKS = ['cpu', 'textures', 'unroll', 'lanes'] as const

/**
 * - `cpu`: the adapter computes on the CPU. It gets kernels for vector units, in one submit, and no more memory than the computer has.
 * - `textures`: kernels read vectors through textures: texture_reads.ts. For Mesa's CPU adapter.
 * - `unroll`: loops are unrolled in the text of shaders, and tiles have more pixels: unroll.ts. For SwiftShader.
 * - `lanes`: sizes of subgroups are tried out before kernels rely on them: subgroup_lanes.ts. For all.
 */
export type Quirk = (typeof QUIRKS)[number]

/** The names of Mesa's, Google's and Microsoft's adapters that compute on the CPU, wherever WebGPU shows them. */
const CPU_NAMES = /llvmpipe|lavapipe|softpipe|swiftshader|\bwarp\b|microsoft basic render/i

/**
 * Lanes of the subgroups for which reads through textures were measured to be faster, on Mesa's CPU adapter. With 16 lanes, Mesa 25.0
 * reads wrong values in the upper eight.
 */
const TEXTURE_LANES = 8

/** The feature of WGSL that lets a shader read a storage texture. */
const TEXTURE_FEATURE = 'readonly_and_readwrite_storage_textures'

/** The quirks of an adapter. `wgsl`: the language's features that the browser or the runtime has; old browsers list none. */
export function quirksOf(
  info: GPUAdapterInfo,
  { wgsl, without = [] }: { wgsl?: ReadonlySet<string>; without?: readonly Quirk[] },
): ReadonlySet<Quirk> {
  const isCpu = isCpuAdapter(info) && !without.includes('cpu')
  const { subgroupMinSize, subgroupMaxSize, architecture } = info
  const has: Record<Quirk, boolean> = {
    cpu: isCpu,
    textures:
      isCpu &&
      subgroupMinSize === TEXTURE_LANES &&
      subgroupMaxSize === TEXTURE_LANES &&
      wgsl?.has(TEXTURE_FEATURE) === true,
    unroll: architecture === 'swiftshader',
    lanes: true,
  }
  return new Set(QUIRKS.filter(quirk => has[quirk] && !without.includes(quirk)))
}

/** Whether an adapter computes on the CPU: it says so, or has the name of one that does. Some browsers hide both. */
function isCpuAdapter({
  isFallbackAdapter,
  vendor,
  architecture,
  device,
  description,
}: GPUAdapterInfo): boolean {
  return isFallbackAdapter === true || CPU_NAMES.test([vendor, architecture, device, description].join(' '))
}
