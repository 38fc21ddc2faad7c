import { latticeSplat } from '../../src/kernels/crf/lattice_filter.ts'
import { splatted } from '../reference/lattice_filter.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { LARGE_LATTICE, LATTICE_CASES, type LatticeCase, latticeOf } from './shared/lattice.ts'

/** Two of a pixel's three vectors. */
const PART = { vectors: 2, first: 1, pitch: 3 }
/** One vector that all pixels have. */
const ONE = { vectors: 1, first: 0, pitch: 0 }

function latticeSplatRun(test: LatticeCase, part: typeof PART): KernelRun {
  const lists = latticeOf(test).lists()
  const { weights, sorted: corners, starts, heads } = lists
  const pixels = weights.length / 6
  const input = randomValues((part.pitch === 0 ? 1 : pixels * part.pitch) * 4, 1)
  const channels = part.vectors * 4
  const at = (pixel: number, channel: number) => input[(pixel * part.pitch + part.first) * 4 + channel]
  return {
    kernel: latticeSplat({ label: test.name, pixels, vertices: heads.length, ...part }),
    data: { input: Float32Array.from(input), weights, corners, starts },
    expected: { values: floats(() => splatted(lists, at, channels), { rtol: 1e-5 }) },
  }
}

const cases = [...LATTICE_CASES, LARGE_LATTICE]

export const suite: KernelSuite<LatticeCase> = {
  shader: 'lattice_splat',
  cases,
  run: test => latticeSplatRun(test, PART),
  variants: { 'of one value for all pixels': { cases, run: test => latticeSplatRun(test, ONE) } },
}
