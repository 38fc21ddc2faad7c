// Checks all kernels on an adapter, one after the other.

import { storedBuffers } from '../../gpu/float16_storage.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { checkFloat16, checkKernel, type KernelReport, type KnownAnswer } from './kernel_check.ts'

/** The known answers of each kernel. */
export function answersByShader(answers: readonly KnownAnswer[]): Map<string, KnownAnswer[]> {
  const byShader = new Map<string, KnownAnswer[]>()
  for (const answer of answers) {
    const shader = answer.kernel.shader.name
    byShader.set(shader, [...(byShader.get(shader) ?? []), answer])
  }
  return byShader
}

/** The reports on a kernel: with its numbers stored as f32 and, where networks can store them so, as f16. */
export async function checkStored(gpu: Gpu, answers: readonly KnownAnswer[]): Promise<KernelReport[]> {
  const report = await checkKernel(gpu, answers)
  if (storedBuffers(answers[0].kernel).size === 0) return [report]
  return [report, await checkFloat16(gpu, answers)]
}

/** The name of a check. */
export const checkName = ({ kernel, stored }: KernelReport) => (stored ? `${kernel} in ${stored}` : kernel)
