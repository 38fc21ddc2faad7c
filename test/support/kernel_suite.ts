// What a file of test/kernels exports: the cases of one kernel, and how a case is run.

import type { AdapterNeed, AdapterTraits } from '../../src/bench/answers/kernel_check.ts'
import type { ShaderName } from '../../src/gpu/shaders.gen.ts'
import type { KernelRun } from './kernel_run.ts'

export interface KernelCase {
  /** Different from those of the other cases. */
  name: string
  /** A layer of a real network, or as large as one: worth timing. */
  bench?: boolean
  /** Only timed: a variant tests a smaller one. */
  untested?: boolean
  /** `atrous doctor` checks adapters with it: a small case. Together they take every path of the shader. */
  answer?: boolean
}

/** The title of a test of a case: the layers of real networks are slow ones. */
export const caseTitle = ({ name, bench }: KernelCase): string => (bench ? `${name} (slow)` : name)

export interface KernelCases<Case extends KernelCase = KernelCase> {
  cases: readonly Case[]
  /** Makes a case ready. Without a GPU: the known answers are made of cases, too. */
  run(test: Case, adapter: AdapterTraits): KernelRun
}

export interface KernelSuite<Case extends KernelCase = KernelCase> extends KernelCases<Case> {
  shader: ShaderName
  /** What the adapter must have to run the kernel. */
  needs?: AdapterNeed
  /** Other ways to run the kernel, each on some cases, by name. */
  variants?: Record<string, KernelCases<Case>>
  /** The kernel with other tiles: it computes the same, in other registers and workgroups. */
  tiles?: Record<string, KernelCases<Case>>
}
