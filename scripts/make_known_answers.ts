// Makes src/cli/doctor/known_answers.json, with which `atrous doctor` checks an adapter: the kernels and operands of the cases in
// test/kernels that are marked `answer`, and the results of the float64 references. Needs no GPU. Run: npx tsx
// scripts/make_known_answers.ts

import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Adapter, type AdapterNeed, adapterKey, type Tolerance } from '../src/cli/doctor/kernel_check.ts'
import { knownAnswersFile, type StoredAnswer } from '../src/cli/doctor/known_answers.ts'
import type { Kernel } from '../src/gpu/kernel.ts'
import type { HostData } from '../src/gpu/run_kernel.ts'
import { ATOL } from '../test/reference/compare.ts'
import type { Answer } from '../test/support/expected.ts'
import type { KernelRun } from '../test/support/kernel_run.ts'
import type { KernelSuite } from '../test/support/kernel_suite.ts'
import { loadSuites } from '../test/support/kernel_suites.ts'

const SUBGROUPS = [8, 16, 32, 64, 128]
/** The sizes of matrices that Dawn's backends support. */
const MATRIX_SIDES = [8, 16]
/** The largest subgroup that conv2d_subgroup_matrix supports. */
const MOST_MATRIX_LANES = 64

/** The adapters with known answers. A kernel without a need is the same on all adapters. */
const adapters: Record<AdapterNeed | 'nothing', Adapter[]> = {
  nothing: [{ subgroupSize: undefined, subgroupMatrix: undefined }],
  subgroups: SUBGROUPS.map(subgroupSize => ({ subgroupSize, subgroupMatrix: undefined })),
  matrices: SUBGROUPS.filter(size => size <= MOST_MATRIX_LANES).flatMap(subgroupSize =>
    MATRIX_SIDES.flatMap(m =>
      MATRIX_SIDES.flatMap(n => MATRIX_SIDES.map(k => ({ subgroupSize, subgroupMatrix: { m, n, k } }))),
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
  { shader, needs, variants = {}, ...suite }: KernelSuite,
  indexOf: IndexOf,
): StoredAnswer[] {
  return [suite, ...Object.values(variants)].flatMap(({ cases, run }) =>
    cases
      .filter(({ answer }) => answer)
      .map(test => {
        const runs = adapters[needs ?? 'nothing'].map(adapter => ({ adapter, ...run(test, adapter) }))
        const [operands, ...others] = runs.map(each => operandsOf(each, indexOf))
        if (others.some(other => !isSame(other, operands)))
          throw new Error(`${shader}: ${test.name}: its operands depend on the adapter`)
        const kernels = runs.map(({ adapter, kernel }) => ({
          key: needs && adapterKey(needs, adapter),
          kernel: { ...kernel, label: `${shader}: ${test.name}` },
        }))
        return { ...byAdapter(kernels), needs, ...operands }
      }),
  )
}

/** One kernel, and the fields of it that differ between adapters. */
function byAdapter(
  kernels: { key: string | undefined; kernel: Kernel }[],
): Pick<StoredAnswer, 'kernel' | 'adapters'> {
  const [{ kernel }] = kernels
  const differs = (name: string) =>
    kernels.some(other => !isSame(fieldOf(other.kernel, name), fieldOf(kernel, name)))
  const fields = Object.keys(kernel)
  const pick = (from: Kernel, names: string[]) =>
    Object.fromEntries(names.map(name => [name, fieldOf(from, name)]))
  const different = fields.filter(differs)
  const shared = pick(
    kernel,
    fields.filter(name => !differs(name)),
  )
  if (different.length === 0) return { kernel: shared as unknown as Kernel }
  return {
    kernel: shared as unknown as Kernel,
    adapters: Object.fromEntries(kernels.map(({ key, kernel }) => [key, pick(kernel, different)])),
  }
}

const fieldOf = (kernel: Kernel, name: string): unknown => kernel[name as keyof Kernel]

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
