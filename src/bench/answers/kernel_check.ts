// Checks kernels on small inputs with known outputs.

import { storedAsFloat16, storedBuffers } from '../../gpu/float16_storage.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import { type Bytes, runKernel } from '../../gpu/run_kernel.ts'
import { readsTextures } from '../../graph/convolution/through_textures.ts'
import { MATRIX_LANES } from '../../kernels/convolution/conv2d_subgroup_matrix.ts'
import { fromFloat16, toFloat16 } from '../../kernels/float16.ts'

/** The properties of an adapter that a kernel may depend on. */
export type AdapterTraits = Partial<Pick<Gpu, 'subgroupSize' | 'subgroupSizes' | 'subgroupMatrix'>>

/** The requirements of some kernels: subgroups of one size, or matrices of f16 that subgroups of MATRIX_LANES multiply. */
export type AdapterNeed = 'subgroups' | 'matrices'

/** A kernel, its inputs and the expected outputs. Buffers are the bytes that the GPU reads and writes. */
export interface KnownAnswer {
  /** The kernel without the fields in `adapters`. */
  kernel: Kernel
  needs?: AdapterNeed
  /** If `needs` is set: the fields of the kernel that differ between adapters, by `adapterKey`. */
  adapters?: Record<string, Partial<Kernel>>
  inputs: Buffers
  outputs: Record<string, KnownOutput>
}

export interface KnownOutput {
  bytes: Bytes
  /** For floats: |actual − expected| ≤ atol + rtol · |expected|. Bytes without a tolerance must match exactly. */
  tolerance?: Tolerance
}

export interface Tolerance {
  atol: number
  rtol: number
}

export interface KernelReport {
  kernel: string
  /** Set for the check with f16 in the buffers. */
  stored?: 'f16'
  /** `not run` if this adapter does not meet the kernel's needs; then no network uses it. */
  result: 'ok' | 'WRONG' | 'not run'
  /** The largest difference, in units of the tolerance: above 1 is wrong. Null if the kernel gave no numbers. */
  worstError: number | null
  reason?: string
}

type Buffers = Record<string, Bytes>

const lacking: Record<AdapterNeed, string> = {
  subgroups: 'needs subgroups of one size',
  matrices: `needs subgroups of ${MATRIX_LANES} that multiply matrices of f16`,
}

/** The key of an adapter for a kernel with this need; undefined if the adapter cannot run it. */
export function adapterKey(need: AdapterNeed, adapter: AdapterTraits) {
  const { subgroupSize = 0, subgroupSizes = [], subgroupMatrix } = adapter
  if (need === 'subgroups') return subgroupSize === 0 ? undefined : `subgroups of ${subgroupSize}`
  if (!subgroupSizes.includes(MATRIX_LANES) || !subgroupMatrix) return undefined
  const { m, n, k } = subgroupMatrix
  return `matrices of ${m}×${n}×${k}`
}

/** Runs a kernel on its known answers. If the adapter fails to compile or run it, the result is WRONG, with the reason. */
export function checkKernel(gpu: Gpu, answers: readonly KnownAnswer[]): Promise<KernelReport> {
  return report({ kernel: shaderOf(answers) }, readable(gpu, answers), async answer => {
    const kernel = kernelFor(gpu, answer)
    if (typeof kernel === 'string') return kernel
    return worstErrorOf(await runKernel(gpu, kernel, answer.inputs), answer.outputs)
  })
}

/**
 * Runs a kernel on the same inputs rounded to f16 and stored as f16. The result must equal that for the same numbers stored as
 * f32, rounded where the kernel stores f16.
 */
export function checkFloat16(gpu: Gpu, answers: readonly KnownAnswer[]): Promise<KernelReport> {
  const stored = storedBuffers(answers[0].kernel)
  return report({ kernel: shaderOf(answers), stored: 'f16' }, readable(gpu, answers), async answer => {
    const kernel = kernelFor(gpu, answer)
    if (typeof kernel === 'string') return kernel
    if (!gpu.device.features.has('shader-f16')) return 'needs shader-f16'
    const narrow = mapNamed(answer.inputs, stored, bytes =>
      bytesOf(toFloat16(new Float32Array(bytes.buffer))),
    )
    const widened = (bytes: Bytes) => bytesOf(fromFloat16(new Uint16Array(bytes.buffer)))
    const expected = await runKernel(gpu, kernel, mapNamed(narrow, stored, widened))
    const found = mapNamed(await runKernel(gpu, storedAsFloat16(kernel), narrow), stored, widened)
    const outputs = Object.entries(answer.outputs).map(([name, { tolerance }]) => {
      return [name, { bytes: expected[name], tolerance: tolerance && HALF_STEP }] as const
    })
    return worstErrorOf(found, Object.fromEntries(outputs))
  })
}

/** Half a step of f16, and the smallest number that an adapter may not flush to zero. */
const HALF_STEP: Tolerance = { atol: 2 ** -14, rtol: 1.001 * 2 ** -11 }

/** The answers without those that read textures, on an adapter on which no kernel reads textures. */
const readable = (gpu: Gpu, answers: readonly KnownAnswer[]) =>
  answers.filter(({ kernel }) => readsTextures(gpu) || !kernel.textures)

const shaderOf = ([{ kernel }]: readonly KnownAnswer[]) => kernel.shader.name

/** The kernel for this adapter, or the reason why it cannot run. */
function kernelFor(gpu: Gpu, { kernel, needs, adapters = {} }: KnownAnswer): Kernel | string {
  if (!needs) return kernel
  const key = adapterKey(needs, gpu)
  if (key === undefined) return lacking[needs]
  return key in adapters ? { ...kernel, ...adapters[key] } : `has no known answer for ${key}`
}

/** The report over all answers: the worst error, or the reason why they did not run. */
async function report(
  subject: Pick<KernelReport, 'kernel' | 'stored'>,
  answers: readonly KnownAnswer[],
  check: (answer: KnownAnswer) => Promise<number | string>,
): Promise<KernelReport> {
  try {
    let worstError = 0
    for (const answer of answers) {
      const found = await check(answer)
      if (typeof found === 'string') return { ...subject, result: 'not run', worstError: null, reason: found }
      worstError = Math.max(worstError, found)
    }
    return { ...subject, result: worstError <= 1 ? 'ok' : 'WRONG', worstError }
  } catch (error) {
    const [reason] = (error as Error).message.trim().split('\n') // some browsers begin with an empty line
    return { ...subject, result: 'WRONG', worstError: null, reason }
  }
}

/** The buffers, with those of some names changed. */
const mapNamed = (buffers: Buffers, names: ReadonlySet<string>, change: (bytes: Bytes) => Bytes): Buffers =>
  Object.fromEntries(
    Object.entries(buffers).map(([name, bytes]) => [name, names.has(name) ? change(bytes) : bytes]),
  )

const bytesOf = ({ buffer }: Float32Array | Uint16Array) => new Uint8Array(buffer as ArrayBuffer)

function worstErrorOf(found: Buffers, expected: Record<string, KnownOutput>): number {
  const errors = Object.entries(expected).map(([name, { bytes, tolerance }]) => {
    if (bytes.length !== found[name].length) throw new Error(`${name}: the known answer has another size`)
    if (!tolerance) return found[name].every((byte, i) => byte === bytes[i]) ? 0 : Number.POSITIVE_INFINITY
    return floatError(new Float32Array(found[name].buffer), new Float32Array(bytes.buffer), tolerance)
  })
  return Math.max(...errors)
}

/** The largest |a − r| / (atol + rtol·|r|); infinite for NaN. */
function floatError(actual: Float32Array, expected: Float32Array, { atol, rtol }: Tolerance): number {
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] === expected[i]) continue
    const error = Math.abs(actual[i] - expected[i]) / (atol + rtol * Math.abs(expected[i]))
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  }
  return worst
}
