// Makes src/bench/answers/known_answers.json, with which `atrous doctor` checks an adapter: the kernels and operands of the cases in
// test/kernels that are marked `answer`, and the results of the float64 references. Needs no GPU. Run: npx tsx
// scripts/make_known_answers.ts

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { StoredAnswer } from '../src/bench/answers/decode_answers.ts'
import {
  type AdapterNeed,
  type AdapterTraits,
  adapterKey,
  type Tolerance,
} from '../src/bench/answers/kernel_check.ts'
import { knownAnswersFile } from '../src/cli/doctor/known_answers.ts'
import type { Kernel } from '../src/gpu/kernel.ts'
import type { HostData } from '../src/gpu/run_kernel.ts'
import { MATRIX_LANES } from '../src/kernels/convolution/conv2d_subgroup_matrix.ts'
import { ATOL } from '../test/reference/compare.ts'
import type { Answer } from '../test/support/expected.ts'
import type { KernelRun } from '../test/support/kernel_run.ts'
import type { KernelCases, KernelSuite } from '../test/support/kernel_suite.ts'
import { loadSuites } from '../test/support/kernel_suites.ts'

const SUBGROUPS = [4, 8, 16, 32, 64, 128]
/** The sizes of matrices that Dawn's backends support. */
const MATRIX_SIDES = [8, 16]

/** The adapters with known answers. A kernel without a need is the same on all adapters. */
const adapters: Record<AdapterNeed | 'nothing', AdapterTraits[]> = {
  nothing: [{}],
  subgroups: SUBGROUPS.map(subgroupSize => ({ subgroupSize })),
  matrices: MATRIX_SIDES.flatMap(m =>
    MATRIX_SIDES.flatMap(n =>
      MATRIX_SIDES.map(k => ({ subgroupSizes: [MATRIX_LANES], subgroupMatrix: { m, n, k } })),
    ),
  ),
}

/** The text of the file. */
export async function makeKnownAnswers(): Promise<string> {
  const buffers = new Map<string, number>()
  const indexOf = (bytes: Uint8Array) => {
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    if (!buffers.has(base64)) buffers.set(base64, buffers.size)
    return buffers.get(base64)!
  }
  const answers = (await loadSuites()).flatMap(suite => answersOf(suite, indexOf))
  const lines = (values: unknown[]) => values.map(value => JSON.stringify(value, finite)).join(',\n')
  return `{"buffers": [\n${lines([...buffers.keys()])}\n], "answers": [\n${lines(answers)}\n]}\n`
}

const finite = (_key: string, value: unknown) =>
  value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? String(value) : value

type IndexOf = (bytes: Uint8Array) => number

function answersOf(
  { shader, needs, variants, tiles, ...suite }: KernelSuite,
  indexOf: IndexOf,
): StoredAnswer[] {
  const all: KernelCases[] = [suite, ...Object.values({ ...variants, ...tiles })]
  return all.flatMap(({ cases, run }) =>
    cases
      .filter(({ answer }) => answer)
      .map(test => {
        const runs = adapters[needs ?? 'nothing'].map(adapter => ({ adapter, ...run(test, adapter) }))
        const [operands, ...others] = runs.map(each => operandsOf(each, indexOf))
        if (others.some(other => !isSame(other, operands)))
          throw new Error(`${shader}: ${test.name}: its operands depend on the adapter`)
        const kernel = { ...runs[0].kernel, shader, label: `${shader}: ${test.name}` }
        return { kernel, ...(needs && { needs, adapters: byAdapter(needs, runs) }), ...operands }
      }),
  )
}

/** The fields that differ from those of the first kernel. */
function byAdapter(
  need: AdapterNeed,
  runs: { adapter: AdapterTraits; kernel: Kernel }[],
): Record<string, Partial<Kernel>> {
  const [first] = runs
  const differences = (kernel: Kernel) =>
    Object.entries(kernel).filter(([name, value]) => !isSame(value, first.kernel[name as keyof Kernel]))
  return Object.fromEntries(
    runs.map(({ adapter, kernel }) => [
      adapterKey(need, adapter)!,
      Object.fromEntries(differences(kernel)) as Partial<Kernel>,
    ]),
  )
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a, finite) === JSON.stringify(b, finite)

/** The buffers that the kernel reads and writes. */
function operandsOf(
  { kernel, data, expected }: KernelRun,
  indexOf: IndexOf,
): Pick<StoredAnswer, 'inputs' | 'outputs'> {
  const sizes = { ...kernel.inputs, ...kernel.outputs }
  const inputs = Object.entries(data).filter(([name]) => sizes[name] > 0)
  const outputs = Object.entries(expected).flatMap(([name, { answer }]) =>
    answer ? [[name, answer()] as const] : [],
  )
  return {
    inputs: Object.fromEntries(inputs.map(([name, values]) => [name, indexOf(bytesOf(values))])),
    outputs: Object.fromEntries(outputs.map(([name, answer]) => [name, outputOf(answer, indexOf)])),
  }
}

function outputOf(answer: Answer, indexOf: IndexOf): StoredAnswer['outputs'][string] {
  if (!('tolerance' in answer)) return { buffer: indexOf(answer.values) }
  const tolerance: Tolerance = { atol: ATOL, ...answer.tolerance }
  return { buffer: indexOf(bytesOf(Float32Array.from(answer.values))), tolerance }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: HostData) =>
  new Uint8Array(buffer, byteOffset, byteLength)

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(knownAnswersFile, await makeKnownAnswers())
