// Runs one kernel on host data: allocates, uploads, dispatches, reads back, releases.

import { type Gpu, usage } from '../../src/gpu/gpu.ts'
import type { Kernel } from '../../src/gpu/kernel.ts'
import { Program, type Range } from '../../src/gpu/program.ts'

type HostData = Float32Array | Uint32Array | Uint8Array

/** The outputs' bytes by name. `data` holds the inputs, and optionally what an output holds before. */
export async function runKernel(
  gpu: Gpu,
  kernel: Kernel,
  data: Record<string, HostData>,
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const ranges: Record<string, Range> = {}
  for (const [name, size] of Object.entries({ ...kernel.inputs, ...kernel.outputs })) {
    if (size === 0) continue
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const buffer = await gpu.allocate(`${kernel.label} ${name}`, size, flags)
    ranges[name] = { buffer, offset: 0, size: buffer.size }
    const host = data[name]
    if (!host && name in kernel.inputs) throw new Error(`${kernel.label}: no data for ${name}`)
    if (host) gpu.device.queue.writeBuffer(buffer, 0, host as BufferSource)
  }
  const program = await Program.create(gpu, kernel.label, [{ kernel, ranges }])
  gpu.submit(kernel.label, encoder => program.encode(encoder))
  const outputs: Record<string, Uint8Array<ArrayBuffer>> = {}
  for (const name of Object.keys(kernel.outputs))
    outputs[name] = await readRange(gpu, ranges[name], kernel.outputs[name])
  program.destroy()
  for (const { buffer } of Object.values(ranges)) gpu.release(buffer)
  return outputs
}

async function readRange(gpu: Gpu, { buffer }: Range, size: number) {
  const readback = await gpu.allocate('readback', size, usage.mapRead | usage.copyDestination)
  gpu.submit('readback', encoder =>
    encoder.copyBufferToBuffer(buffer, 0, readback, 0, Math.ceil(size / 4) * 4),
  )
  const bytes = await gpu.read(readback, size)
  gpu.release(readback)
  return bytes
}
