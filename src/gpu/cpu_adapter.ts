// Which adapters compute on the CPU.

/** The names of Mesa's, Google's and Microsoft's adapters that do, wherever WebGPU shows them. */
const NAMES = /llvmpipe|lavapipe|softpipe|swiftshader|\bwarp\b|microsoft basic render/i

/**
 * Whether an adapter is SwiftShader, which every headless Chromium has. Its compiler leaves loops as they are, and with them in memory
 * every private array that they index. What is in no array it spills, however small a tile is.
 */
export const isSwiftShader = ({ architecture }: Pick<GPUAdapterInfo, 'architecture'>): boolean =>
  architecture === 'swiftshader'

/** Whether an adapter computes on the CPU: it says so, or has the name of one that does. Some browsers hide both. */
export function isCpuAdapter(info: GPUAdapterInfo): boolean {
  const { isFallbackAdapter, vendor, architecture, device, description } = info
  return isFallbackAdapter === true || NAMES.test([vendor, architecture, device, description].join(' '))
}
