// Runs a single kernel on host data: allocates, uploads, dispatches, reads back, releases. For checks and benches: the
// kernels of a network run as one program.

import { usage } from './buffers.ts'
import type { Gpu } from './gpu.ts'
import type { Kernel } from './kernel.ts'
import type { Range } from './launch.ts'
import { Program } from './program.ts'

/** The numbers of a buffer. Those of type f16 are given as their bits. */
export type HostData = Float32Array | Uint32Array | Uint16Array | Uint8Array
export type Bytes = Uint8Array<ArrayBuffer>

/**
 * The bytes of the outputs, by name. `data` holds the inputs and, optionally, what an output holds before. The other
 * outputs hold NaN before, because in a plan a kernel overwrites the remains of another tensor.
 */
export async function runKernel(
  gpu: Gpu,
  kernel: Kernel,
  data: Record<string, HostData>,
): Promise<Record<string, Bytes>> {
  const ranges = await uploadOperands(gpu, kernel, data)
  const program = await Program.create(gpu, kernel.label, [{ kernel, ranges }])
  await program.run()
  const outputs: Record<string, Bytes> = {}
  for (const [name, size] of Object.entries(kernel.outputs).filter(([, size]) => size > 0))
    outputs[name] = await gpu.download(ranges[name].buffer, size)
  program.destroy()
  for (const { buffer } of Object.values(ranges)) gpu.release(buffer)
  return outputs
}

/** A buffer for each of the kernel's operands, with the contents that `runKernel` describes. The caller releases them. */
export async function uploadOperands(
  gpu: Gpu,
  kernel: Kernel,
  data: Record<string, HostData>,
): Promise<Record<string, Range>> {
  const ranges: Record<string, Range> = {}
  for (const [name, size] of Object.entries({ ...kernel.inputs, ...kernel.outputs })) {
    if (size === 0) continue
    const host = data[name] ?? (name in kernel.outputs ? new Uint8Array(size).fill(POISON) : undefined)
    if (!host) throw new Error(`${kernel.label}: no data for ${name}`)
    if (host.byteLength !== size)
      throw new Error(`${kernel.label}: ${name} has ${size} bytes, got ${host.byteLength}`)
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const buffer = await gpu.allocate(`${kernel.label} ${name}`, size, flags)
    gpu.device.queue.writeBuffer(buffer, 0, host as BufferSource)
    ranges[name] = { buffer, offset: 0, size }
  }
  return ranges
}

/** Four of these bytes are a NaN. */
const POISON = 0xff
